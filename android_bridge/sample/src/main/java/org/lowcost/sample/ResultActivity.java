package org.lowcost.sample;

import android.app.AlertDialog;
import android.content.Intent;
import android.net.Uri;
import android.os.Bundle;
import android.widget.GridView;
import android.widget.TextView;
import android.widget.Toast;
import androidx.activity.ComponentActivity;
import androidx.core.content.FileProvider;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.lowcost.AttributeValue;
import org.lowcost.Cell;
import org.lowcost.Field;
import org.lowcost.ResultJson;
import org.lowcost.Taxonomy;

/** Field by field: the photograph with its outlines, a gallery of its cells, and what is told of each. */
public final class ResultActivity extends ComponentActivity {
    private static final String SHOWN = "shown";

    private final ExecutorService reader = Executors.newSingleThreadExecutor();
    private Slide slide;
    private int shown;

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        setContentView(R.layout.result);
        slide = ((SampleApp) getApplication()).slide();
        if (slide.entries().isEmpty()) { // the system has ended the app in between
            finish();
            return;
        }
        shown = state == null ? slide.entries().size() - 1 : state.getInt(SHOWN);
        findViewById(R.id.previous).setOnClickListener(view -> show(shown - 1));
        findViewById(R.id.next).setOnClickListener(view -> show(shown + 1));
        findViewById(R.id.share).setOnClickListener(view -> share());
        findViewById(R.id.station).setOnClickListener(view -> startActivity(new Intent(this, StationActivity.class)));
        show(Math.min(shown, slide.entries().size() - 1));
    }

    @Override
    protected void onDestroy() {
        reader.shutdown();
        super.onDestroy();
    }

    @Override
    protected void onSaveInstanceState(Bundle state) {
        super.onSaveInstanceState(state);
        state.putInt(SHOWN, shown);
    }

    private void show(int number) {
        shown = number;
        Slide.Entry entry = slide.entries().get(number);
        Field field = entry.field;
        draw(null, field);
        reader.execute(() -> read(number, entry));
        StringBuilder title = new StringBuilder(
                getString(R.string.field_title, number + 1, slide.entries().size(), verdict(field.verdict)));
        for (String reason : field.reasons) {
            title.append('\n').append(reason);
        }
        TextView text = findViewById(R.id.title);
        text.setText(title);
        findViewById(R.id.previous).setEnabled(number > 0);
        findViewById(R.id.next).setEnabled(number + 1 < slide.entries().size());
    }

    /** Reads a photograph, which takes too long for the main thread. */
    private void read(int number, Slide.Entry entry) {
        Picture read = null;
        try {
            read = Picture.read(entry);
        } catch (IOException | OutOfMemoryError error) {
            runOnUiThread(() -> say(getString(R.string.not_read)));
        }
        Picture picture = read;
        runOnUiThread(() -> {
            if (number == shown) { // else another field was asked for in between
                draw(picture, entry.field);
            }
        });
    }

    private void draw(Picture picture, Field field) {
        OverlayView overlay = findViewById(R.id.overlay);
        overlay.show(picture, field, this::tell);
        CellAdapter adapter = new CellAdapter(this, picture, field.cells);
        GridView gallery = findViewById(R.id.gallery);
        gallery.setAdapter(adapter);
        gallery.setOnItemClickListener((parent, view, position, id) -> tell(adapter.getItem(position)));
    }

    private String verdict(String verdict) {
        return getString(verdict.equals("accepted") ? R.string.verdict_accepted
                : verdict.equals("doubtful") ? R.string.verdict_doubtful
                : R.string.verdict_rejected);
    }

    private void tell(Cell cell) {
        OverlayView overlay = findViewById(R.id.overlay);
        overlay.select(cell);
        List<String> lines = new ArrayList<>();
        if (!cell.possibleTypes.isEmpty()) {
            StringBuilder types = new StringBuilder();
            for (String type : cell.possibleTypes) {
                types.append(types.length() == 0 ? "" : ", ").append(Taxonomy.CELL_TYPES.get(type).label);
            }
            lines.add(getString(R.string.possible, types));
        }
        if (cell.attributes.isEmpty()) {
            lines.add(getString(R.string.no_attributes));
        }
        for (AttributeValue attribute : cell.attributes.values()) {
            String label = Taxonomy.ATTRIBUTES.get(attribute.name).label;
            lines.add(attribute.probability == null
                    ? getString(R.string.attribute_rule, label, attribute.value, attribute.evidence)
                    : getString(R.string.attribute_line, label, attribute.value, 100 * attribute.probability,
                            attribute.evidence));
        }
        StringBuilder text = new StringBuilder();
        for (String line : lines) {
            text.append(line).append('\n');
        }
        new AlertDialog.Builder(this)
                .setTitle(CellAdapter.title(this, cell))
                .setMessage(text)
                .setPositiveButton(R.string.close, null)
                .show();
    }

    private void share() {
        File folder = new File(getCacheDir(), "results");
        folder.mkdirs();
        File file = new File(folder, "result.json");
        try (OutputStream to = new FileOutputStream(file)) {
            to.write(ResultJson.write(slide.result()).getBytes(StandardCharsets.US_ASCII));
        } catch (IOException error) {
            say(getString(R.string.not_read));
            return;
        }
        Uri uri = FileProvider.getUriForFile(this, "org.lowcost.sample.files", file);
        Intent send = new Intent(Intent.ACTION_SEND)
                .setType("application/json")
                .putExtra(Intent.EXTRA_STREAM, uri)
                .addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION);
        startActivity(Intent.createChooser(send, getString(R.string.share_with)));
    }

    private void say(String sentence) {
        Toast.makeText(this, sentence, Toast.LENGTH_LONG).show();
    }
}
