package org.lowcost.sample;

import java.nio.ByteBuffer;

/** Focus and light of one picture of the camera, quick enough for every one. */
final class LiveCheck {
    /** What is wrong with the light. */
    enum Light { DARK, BRIGHT, RIGHT }

    /** The background is as bright as the brightest quarter of the px. */
    private static final int BACKGROUND_SHARE = 4;

    private static final int DARKEST_BACKGROUND = 130;
    private static final int BURNT = 250;
    /** One px in so many may be burnt: dust and glare. */
    private static final int BURNT_SHARE = 20;

    /** Mean squared second difference of neighbouring px over squared brightness: the larger, the sharper. */
    final double focus;

    final Light light;

    private LiveCheck(double focus, Light light) {
        this.focus = focus;
        this.light = light;
    }

    /**
     * Measures the middle of a picture.
     *
     * @param luminance bytes of the Y plane; its position is not changed
     * @param rowStride bytes from row to row
     * @param pixelStride bytes from px to px
     */
    static LiveCheck of(ByteBuffer luminance, int width, int height, int rowStride, int pixelStride) {
        int[] counts = new int[256];
        long squares = 0;
        long sum = 0;
        int number = 0;
        for (int y = height / 4; y < height * 3 / 4; y++) {
            int row = y * rowStride;
            for (int x = width / 4; x < width * 3 / 4; x++) {
                int value = at(luminance, row + x * pixelStride);
                int across = at(luminance, row + (x - 1) * pixelStride) + at(luminance, row + (x + 1) * pixelStride);
                int along = at(luminance, row - rowStride + x * pixelStride)
                        + at(luminance, row + rowStride + x * pixelStride);
                int second = across + along - 4 * value;
                squares += (long) second * second;
                sum += value;
                counts[value]++;
                number++;
            }
        }
        double mean = Math.max(1.0, (double) sum / number);
        return new LiveCheck(squares / (mean * mean * number), light(counts, number));
    }

    private static Light light(int[] counts, int number) {
        int burnt = 0;
        for (int value = BURNT; value < 256; value++) {
            burnt += counts[value];
        }
        if (burnt > number / BURNT_SHARE) {
            return Light.BRIGHT;
        }
        int background = 255;
        for (int above = counts[255]; background > 0 && above < number / BACKGROUND_SHARE; ) {
            background--;
            above += counts[background];
        }
        return background < DARKEST_BACKGROUND ? Light.DARK : Light.RIGHT;
    }

    private static int at(ByteBuffer luminance, int place) {
        return luminance.get(place) & 255;
    }
}
