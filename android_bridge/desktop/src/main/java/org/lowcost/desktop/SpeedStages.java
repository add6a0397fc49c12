package org.lowcost.desktop;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lowcost.Analyzer;
import org.lowcost.Bundle;
import org.lowcost.Classifier;
import org.lowcost.Crop;
import org.lowcost.Failure;
import org.lowcost.Field;
import org.lowcost.Optics;
import org.lowcost.View;
import org.lowcost.features.Compute;
import org.lowcost.image.Image;
import org.lowcost.model.Network;
import org.lowcost.model.TfLite;
import org.lowcost.raster.Rgb;

/** How long the stages of an analysis take, and how much memory: processor time of the whole process, as Python counts it. */
final class SpeedStages {
    private final OperatingSystemMXBean processor =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private Models models;
    private Analyzer analyzer;

    static void register(Map<String, Stage.Handler> stages) {
        stages.put("speed", new SpeedStages()::speed);
    }

    /** Analyses {@code image} (h, w, 3) {@code runs} times stage by stage and as a whole; answers the seconds of all runs. */
    private void speed(Message request, Message answer) {
        if (models == null) {
            Bundle bundle = CoreStages.bundle(request);
            models = new Models(bundle);
            analyzer = new Analyzer(bundle, null, TfLite.RUNTIME);
        }
        Rgb pixels = ImageStages.rgb(request);
        Map<String, Object> spent = new LinkedHashMap<>();
        int count = 0;
        for (int i = 0; i < request.integer("runs"); i++) {
            count = stages(pixels, spent);
            long start = processor.getProcessCpuTime();
            Field field = analyzer.field(Image.of(pixels, "array"), null, null);
            analyzer.result(Collections.singletonList(field), Collections.<Failure>emptyList());
            add(spent, "whole", start);
        }
        answer.put("seconds", spent);
        answer.put("cells", count);
        long peak = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            peak += pool.getType() == MemoryType.HEAP ? pool.getPeakUsage().getUsed() : 0;
        }
        answer.put("peak_bytes", peak);
    }

    private int stages(Rgb pixels, Map<String, Object> spent) {
        long start = processor.getProcessCpuTime();
        Optics optics = models.finder.optics(pixels, null, null);
        start = add(spent, "optics", start);
        models.finder.detect(optics);
        start = add(spent, "nuclei", start);
        List<View> views = models.finder.find(optics, null).views;
        start = add(spent, "cells", start);
        double[][] rows = new double[views.size()][];
        for (int i = 0; i < rows.length; i++) {
            View view = views.get(i);
            rows[i] = Compute.compute(view.pixels, view.nucleus, view.cell);
        }
        start = add(spent, "features", start);
        Classifier.Seen[] seen = new Classifier.Seen[rows.length];
        Network.Run run = models.classifier.newRun();
        for (int i = 0; i < rows.length; i++) {
            seen[i] = models.classifier.network(Crop.networkInput(views.get(i).pixels), run);
        }
        start = add(spent, "network", start);
        for (int i = 0; i < rows.length; i++) {
            models.attributes.predict(rows[i], seen[i].embedding, true);
        }
        add(spent, "attributes", start);
        return rows.length;
    }

    private long add(Map<String, Object> spent, String stage, long start) {
        long now = processor.getProcessCpuTime();
        Object before = spent.get(stage);
        spent.put(stage, (before == null ? 0.0 : (Double) before) + (now - start) / 1e9);
        return now;
    }
}
