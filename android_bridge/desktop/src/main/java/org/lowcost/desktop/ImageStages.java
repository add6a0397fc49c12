package org.lowcost.desktop;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lowcost.Bundle;
import org.lowcost.Device;
import org.lowcost.Optics;
import org.lowcost.Profile;
import org.lowcost.Scale;
import org.lowcost.Stain;
import org.lowcost.image.Header;
import org.lowcost.image.Quality;
import org.lowcost.image.Resample;
import org.lowcost.image.Window;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Rgb;

/** The stages from pixels to optics; all take an array {@code image} (h, w, 3). */
final class ImageStages {
    /** Bundles that were read, by folder: a whole set of images is compared with one of them. */
    private final Map<String, Bundle> bundles = new HashMap<>();

    static void register(Map<String, Stage.Handler> stages) {
        ImageStages own = new ImageStages();
        stages.put("image.header", ImageStages::header);
        stages.put("image.decode", (request, answer) -> {
            byte[] file = request.bytes("file");
            Rgb pixels = Header.read(file).oriented(PhotographFile.decode(file, "the file"));
            answer.array("pixels", pixels.data, pixels.height, pixels.width, 3);
        });
        stages.put("image.sample", ImageStages::sample);
        stages.put("image.nearest", ImageStages::nearest);
        stages.put("image.shifted", ImageStages::shifted);
        stages.put("image.optics", own::optics);
        stages.put("stain", own::stain);
        stages.put("device", own::device);
    }

    static Rgb rgb(Message request) {
        int[] shape = request.shape("image");
        return new Rgb(shape[1], shape[0], request.bytes("image"));
    }

    private Bundle bundle(Message request) {
        String folder = request.text("bundle");
        if (!bundles.containsKey(folder)) {
            bundles.put(folder, CoreStages.bundle(request));
        }
        return bundles.get(folder);
    }

    private static void header(Message request, Message answer) {
        Header header = Header.read(request.bytes("file"));
        answer.put("orientation", header.orientation());
        answer.put("whole", header.isWhole());
        if (header.umPerPx() != null) {
            answer.array("um_per_px", header.umPerPx());
        }
        if (request.has("image")) {
            Rgb turned = header.oriented(rgb(request));
            answer.array("pixels", turned.data, turned.height, turned.width, 3);
        }
    }

    private static void sample(Message request, Message answer) {
        Rgb image = rgb(request);
        double[] grid = request.doubles("grid");
        int[] size = request.ints("size");
        int fill = request.integer("fill");
        Rgb all = Resample.sample(image, grid[0], grid[1], grid[2], grid[3], size[0], size[1], fill);
        answer.array("pixels", all.data, size[1], size[0], 3);
        byte[] green = Resample.sampleChannel(image, 1, grid[0], grid[1], grid[2], grid[3], size[0], size[1], fill);
        answer.array("green", green, size[1], size[0]);
    }

    private static void nearest(Message request, Message answer) {
        int[] shape = request.shape("labels");
        int[] labels = request.ints("labels");
        boolean[] mask = new boolean[labels.length];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = labels[i] > 0;
        }
        double[] grid = request.doubles("grid");
        int[] size = request.ints("size");
        int[] seen = Window.nearest(labels, shape[1], grid[0], grid[1], grid[2], grid[3], size[0], size[1]);
        answer.array("labels", seen, size[1], size[0]);
        Mask shown = Window.nearest(
                new Mask(shape[1], shape[0], mask), grid[0], grid[1], grid[2], grid[3], size[0], size[1]);
        answer.array("mask", RasterStages.pixels(shown.data), size[1], size[0]);
    }

    private static void shifted(Message request, Message answer) {
        Rgb image = rgb(request);
        int x = request.integer("x");
        int y = request.integer("y");
        Rgb moved = Window.shifted(image, x, y, request.integer("fill"));
        answer.array("pixels", moved.data, moved.height, moved.width, 3);
        boolean[] marked = new boolean[image.width * image.height];
        for (int i = 0; i < marked.length; i++) {
            marked[i] = image.data[3 * i] != 0;
        }
        Mask mask = new Mask(image.width, image.height, marked);
        answer.array("mask", RasterStages.pixels(Window.shifted(mask, x, y).data), moved.height, moved.width);
    }

    private void optics(Message request, Message answer) {
        Rgb pixels = rgb(request);
        Bundle bundle = bundle(request);
        double[] known = request.doubles("known");
        Scale scale = known == null ? null : new Scale(known[0], known[1], request.text("source"), 1.0);
        Device device = null;
        if (request.has("profile")) {
            device = new Device(Profile.load(request.bytes("profile"), "device.json"), bundle);
        }
        Optics.Parameters parameters = new Optics.Parameters(bundle);
        ThreadMXBean processor = ManagementFactory.getThreadMXBean(); // its time, whatever else the machine does
        long start = processor.getCurrentThreadCpuTime();
        Optics optics = Optics.measure(pixels, scale, device, parameters);
        answer.put("seconds", (processor.getCurrentThreadCpuTime() - start) / 1e9);
        put(optics, answer);
        Rgb view = optics.light.balanceView(pixels, 0.25, 0.9);
        answer.array("view", view.data, view.height, view.width, 3);
    }

    /** Answers everything that was measured. */
    static void put(Optics optics, Message answer) {
        answer.put("factor", optics.factor);
        Rgb balanced = optics.balanced;
        Rgb coarse = Resample.blockMean(optics.pixels, optics.factor);
        answer.array("coarse", coarse.data, coarse.height, coarse.width, 3);
        double[] coefficients = new double[18];
        for (int i = 0; i < coefficients.length; i++) {
            coefficients[i] = optics.light.coefficients[i / 3][i % 3];
        }
        answer.array("coefficients", coefficients, 6, 3);
        answer.array("white_point", optics.light.whitePoint());
        answer.array("background_share", new double[] {optics.light.backgroundShare});
        answer.array("mask", RasterStages.pixels(optics.light.mask.data), balanced.height, balanced.width);
        answer.array("balanced", balanced.data, balanced.height, balanced.width, 3);
        answer.array("scale", new double[] {optics.scale.umPerPxX, optics.scale.umPerPxY, optics.scale.confidence});
        answer.put("source", optics.scale.source);
        answer.put("red_cells", optics.scale.redCells);
        answer.put("note", optics.scale.note);
        Quality quality = optics.quality;
        answer.put("verdict", quality.verdict);
        answer.put("reasons", quality.reasons);
        double[] metrics = new double[quality.metrics.size()];
        List<Object> names = new ArrayList<>(quality.metrics.keySet());
        for (int i = 0; i < metrics.length; i++) {
            metrics[i] = quality.metrics.get((String) names.get(i));
        }
        answer.put("names", names);
        answer.array("metrics", metrics);
    }

    private void stain(Message request, Message answer) {
        Stain.Parameters parameters = new Stain.Parameters(bundle(request).section("stain"));
        Rgb image = rgb(request);
        short[] density = Stain.opticalDensity(image, parameters);
        answer.array("density", integers(density), image.height, image.width, 3);
        answer.array(
                "chromatin",
                integers(Stain.chromatinDensity(density, parameters.blueLimit)),
                image.height,
                image.width);
        Mask nuclei = new Mask(image.width, image.height, RasterStages.mask(request.bytes("nuclei")));
        Mask rest = new Mask(image.width, image.height, RasterStages.mask(request.bytes("rest")));
        for (Map.Entry<String, double[]> vector : Stain.vectors(density, nuclei, rest, parameters).entrySet()) {
            answer.array("vector of " + vector.getKey(), vector.getValue());
        }
    }

    static int[] integers(short[] values) {
        int[] integers = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            integers[i] = values[i];
        }
        return integers;
    }

    private void device(Message request, Message answer) {
        Profile profile = Profile.load(request.bytes("profile"), request.text("name"));
        answer.put("name", new Device(profile, bundle(request)).profile.name);
        answer.put("digest", profile.digest);
    }
}
