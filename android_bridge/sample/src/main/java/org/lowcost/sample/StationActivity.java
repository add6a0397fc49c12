package org.lowcost.sample;

import android.content.Context;
import android.content.SharedPreferences;
import android.os.Bundle;
import android.widget.TextView;
import androidx.activity.ComponentActivity;
import java.io.IOException;
import java.net.MalformedURLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Sends the photographs of the slide to the laboratory's review station, which analyses them again by itself. */
public final class StationActivity extends ComponentActivity {
    private static final String ADDRESS = "address";
    private static final String TOKEN = "token";

    private final ExecutorService sender = Executors.newSingleThreadExecutor();
    private volatile boolean left;

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        setContentView(R.layout.station);
        SharedPreferences kept = getSharedPreferences("station", Context.MODE_PRIVATE);
        text(R.id.address).setText(kept.getString(ADDRESS, ""));
        text(R.id.token).setText(kept.getString(TOKEN, ""));
        findViewById(R.id.send).setOnClickListener(view -> send());
    }

    @Override
    protected void onDestroy() {
        left = true; // what arrived is kept, and what is whole is not sent again
        sender.shutdown();
        super.onDestroy();
    }

    private void send() {
        String address = words(R.id.address);
        String token = words(R.id.token);
        String pseudonym = words(R.id.pseudonym);
        String name = words(R.id.slide_name);
        if (address.isEmpty() || token.isEmpty() || pseudonym.isEmpty() || name.isEmpty()) {
            say(getString(R.string.station_incomplete));
            return;
        }
        Station station;
        try {
            station = new Station(address, token);
        } catch (MalformedURLException error) {
            say(getString(R.string.station_no_address));
            return;
        }
        getSharedPreferences("station", Context.MODE_PRIVATE)
                .edit().putString(ADDRESS, address).putString(TOKEN, token).apply();
        List<Slide.Entry> entries = new ArrayList<>(((SampleApp) getApplication()).slide().entries());
        findViewById(R.id.send).setEnabled(false);
        sender.execute(() -> {
            String said = sent(station, pseudonym, name, entries);
            runOnUiThread(() -> {
                say(said);
                findViewById(R.id.send).setEnabled(true);
            });
        });
    }

    private String sent(Station station, String pseudonym, String name, List<Slide.Entry> entries) {
        int done = 0;
        try {
            long slide = station.slide(pseudonym, name);
            for (Slide.Entry entry : entries) {
                int number = done + 1;
                done += station.send(slide, entry.file, (bytes, of) -> {
                    String now = getString(R.string.station_sending, number, entries.size(), (int) (100 * bytes / of));
                    runOnUiThread(() -> say(now));
                    return !left;
                }) ? 1 : 0;
            }
            return getString(R.string.station_sent, done);
        } catch (Station.Refused no) {
            return getString(R.string.station_refused, no.getMessage());
        } catch (IOException error) {
            return getString(R.string.station_lost, done, entries.size());
        }
    }

    private TextView text(int id) {
        return findViewById(id);
    }

    private String words(int id) {
        return text(id).getText().toString().trim();
    }

    private void say(String sentence) {
        text(R.id.sending).setText(sentence);
    }
}
