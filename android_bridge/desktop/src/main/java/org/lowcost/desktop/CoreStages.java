package org.lowcost.desktop;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lowcost.Bundle;
import org.lowcost.FolderSource;
import org.lowcost.ZipSource;
import org.lowcost.json.Json;
import org.lowcost.json.Numbers;

/** The stages that stand at the beginning: JSON and the bundle. */
final class CoreStages {
    private CoreStages() {}

    static void register(Map<String, Stage.Handler> stages) {
        stages.put("json", (request, answer) -> {
            byte[] text = Json.write(Json.parse(request.bytes("text"))).getBytes(StandardCharsets.US_ASCII);
            answer.array("text", text);
        });
        stages.put("repr", (request, answer) -> {
            List<Object> texts = new ArrayList<>();
            for (double value : request.doubles("values")) {
                texts.add(Numbers.repr(value));
            }
            answer.put("texts", texts);
        });
        stages.put("format", (request, answer) -> {
            List<Object> fixed = new ArrayList<>();
            List<Object> general = new ArrayList<>();
            for (double value : request.doubles("values")) {
                fixed.add(Numbers.fixed(value, request.integer("digits")));
                general.add(Numbers.general(value, request.integer("digits")));
            }
            answer.put("fixed", fixed);
            answer.put("general", general);
        });
        stages.put("bundle", (request, answer) -> {
            Bundle bundle = bundle(request);
            answer.put("name", bundle.name());
            answer.put("version", bundle.version());
            answer.put("digest", bundle.digest());
        });
        stages.put("bundle.file", (request, answer) -> answer.array("content", bundle(request).file(request.text("file"))));
    }

    /** The bundle that a request names: a folder, or with {@code within} a folder in an archive. */
    static Bundle bundle(Message request) {
        File place = new File(request.text("bundle"));
        return Bundle.load(
                request.has("within") ? new ZipSource(place, request.text("within")) : new FolderSource(place));
    }
}
