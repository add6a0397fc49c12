package org.lowcost.sample;

import android.Manifest;
import android.content.Intent;
import android.content.pm.PackageManager;
import android.net.Uri;
import android.os.Bundle;
import android.view.View;
import android.widget.TextView;
import android.widget.Toast;
import androidx.activity.ComponentActivity;
import androidx.activity.result.ActivityResultLauncher;
import androidx.activity.result.contract.ActivityResultContracts;
import androidx.camera.core.CameraSelector;
import androidx.camera.core.ImageAnalysis;
import androidx.camera.core.ImageCapture;
import androidx.camera.core.ImageCaptureException;
import androidx.camera.core.ImageProxy;
import androidx.camera.core.Preview;
import androidx.camera.lifecycle.ProcessCameraProvider;
import androidx.camera.view.PreviewView;
import androidx.core.content.ContextCompat;
import com.google.common.util.concurrent.ListenableFuture;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.lowcost.Share;
import org.lowcost.SmearResult;
import org.lowcost.Taxonomy;

/** The picture through the eyepiece with focus and light, the shutter, and the differential as it grows. */
public final class CameraActivity extends ComponentActivity implements Slide.Listener {
    private final ExecutorService frames = Executors.newSingleThreadExecutor();
    private final ImageCapture capture = new ImageCapture.Builder()
            .setCaptureMode(ImageCapture.CAPTURE_MODE_MAXIMIZE_QUALITY)
            .setJpegQuality(95)
            .build();
    private Slide slide;
    private ActivityResultLauncher<String> permission;
    private ActivityResultLauncher<String> files;

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        setContentView(R.layout.camera);
        slide = ((SampleApp) getApplication()).slide();
        permission = registerForActivityResult(new ActivityResultContracts.RequestPermission(), granted -> {
            if (granted) {
                openCamera();
            } else {
                say(getString(R.string.no_camera));
            }
        });
        files = registerForActivityResult(new ActivityResultContracts.GetMultipleContents(), this::picked);
        findViewById(R.id.photograph).setOnClickListener(view -> photograph());
        findViewById(R.id.photograph).setEnabled(false);
        findViewById(R.id.pick).setOnClickListener(view -> files.launch("image/*"));
        findViewById(R.id.cancel).setOnClickListener(view -> slide.cancel());
        findViewById(R.id.new_slide).setOnClickListener(view -> slide.clear());
        findViewById(R.id.cells).setOnClickListener(view -> startActivity(new Intent(this, ResultActivity.class)));
        int camera = ContextCompat.checkSelfPermission(this, Manifest.permission.CAMERA);
        if (camera == PackageManager.PERMISSION_GRANTED) {
            openCamera();
        } else {
            permission.launch(Manifest.permission.CAMERA);
        }
    }

    @Override
    protected void onStart() {
        super.onStart();
        slide.setListener(this);
        changed();
    }

    @Override
    protected void onStop() {
        slide.setListener(null);
        super.onStop();
    }

    @Override
    protected void onDestroy() {
        frames.shutdown();
        super.onDestroy();
    }

    private void openCamera() {
        ListenableFuture<ProcessCameraProvider> future = ProcessCameraProvider.getInstance(this);
        future.addListener(() -> {
            try {
                bind(future.get());
            } catch (ExecutionException | InterruptedException | IllegalArgumentException | IllegalStateException error) {
                say(getString(R.string.no_camera));
            }
        }, ContextCompat.getMainExecutor(this));
    }

    private void bind(ProcessCameraProvider provider) {
        Preview preview = new Preview.Builder().build();
        PreviewView view = findViewById(R.id.preview);
        preview.setSurfaceProvider(view.getSurfaceProvider());
        ImageAnalysis analysis = new ImageAnalysis.Builder()
                .setBackpressureStrategy(ImageAnalysis.STRATEGY_KEEP_ONLY_LATEST)
                .build();
        analysis.setAnalyzer(frames, this::check);
        provider.unbindAll();
        provider.bindToLifecycle(this, CameraSelector.DEFAULT_BACK_CAMERA, preview, analysis, capture);
        findViewById(R.id.photograph).setEnabled(true);
    }

    private void check(ImageProxy frame) {
        LiveCheck found;
        try {
            ImageProxy.PlaneProxy plane = frame.getPlanes()[0];
            found = LiveCheck.of(plane.getBuffer(), frame.getWidth(), frame.getHeight(), plane.getRowStride(),
                    plane.getPixelStride());
        } finally {
            frame.close();
        }
        runOnUiThread(() -> show(found));
    }

    private void show(LiveCheck found) {
        FocusMeter meter = findViewById(R.id.focus);
        meter.show(found.focus);
        int hint = found.light == LiveCheck.Light.DARK ? R.string.exposure_dark
                : found.light == LiveCheck.Light.BRIGHT ? R.string.exposure_bright
                : R.string.exposure_right;
        TextView text = findViewById(R.id.exposure);
        if (!getString(hint).contentEquals(text.getText())) { // a screen reader says what changes
            text.setText(hint);
        }
    }

    private void photograph() {
        File file = slide.fresh();
        ImageCapture.OutputFileOptions options = new ImageCapture.OutputFileOptions.Builder(file).build();
        capture.takePicture(options, ContextCompat.getMainExecutor(this), new ImageCapture.OnImageSavedCallback() {
            @Override
            public void onImageSaved(ImageCapture.OutputFileResults results) {
                slide.add(file);
            }

            @Override
            public void onError(ImageCaptureException error) {
                say(getString(R.string.not_taken, error.getMessage()));
            }
        });
    }

    /** Copies what was picked, as the right to read it ends with this screen. */
    private void picked(List<Uri> uris) {
        frames.execute(() -> {
            for (Uri uri : uris) {
                File file = slide.fresh();
                try (InputStream from = getContentResolver().openInputStream(uri);
                        OutputStream to = new FileOutputStream(file)) {
                    if (from == null) {
                        throw new IOException();
                    }
                    byte[] block = new byte[1 << 16];
                    for (int count = from.read(block); count >= 0; count = from.read(block)) {
                        to.write(block, 0, count);
                    }
                    runOnUiThread(() -> slide.add(file));
                } catch (IOException | SecurityException error) {
                    runOnUiThread(() -> say(getString(R.string.not_read)));
                }
            }
        });
    }

    @Override
    public void changed() {
        SmearResult result = slide.result();
        TextView text = findViewById(R.id.differential);
        findViewById(R.id.cells).setEnabled(result != null);
        findViewById(R.id.new_slide).setEnabled(result != null);
        if (result == null) {
            text.setText(R.string.nothing_yet);
            return;
        }
        StringBuilder lines = new StringBuilder(
                getString(R.string.counted, result.fields.size(), result.differential.supports));
        for (String type : result.differential.shares.keySet()) {
            Share share = result.differential.shares.get(type);
            if (share.count > 0) {
                String label = Taxonomy.CELL_TYPES.get(type).label;
                lines.append('\n').append(getString(R.string.share_line, label, share.percent, share.low, share.high));
            }
        }
        text.setText(lines);
    }

    @Override
    public void working(String stage) {
        findViewById(R.id.working).setVisibility(stage == null ? View.GONE : View.VISIBLE);
        TextView text = findViewById(R.id.stage);
        text.setText(stage);
    }

    @Override
    public void refused(String why) {
        say(why);
    }

    private void say(String sentence) {
        Toast.makeText(this, sentence, Toast.LENGTH_LONG).show();
    }
}
