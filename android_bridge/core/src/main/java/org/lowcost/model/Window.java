package org.lowcost.model;

/** How a kernel slides over an image: sizes, steps and margins in px. */
final class Window {
    final int rows;
    final int columns;
    final int kernelRows;
    final int kernelColumns;
    final int stepY;
    final int stepX;
    final int top;
    final int left;
    final int outRows;
    final int outColumns;

    /** @param same whether the image is surrounded by zeros so that every px can be a kernel's centre */
    Window(int[] image, int kernelRows, int kernelColumns, int stepY, int stepX, boolean same) {
        rows = image[1];
        columns = image[2];
        this.kernelRows = kernelRows;
        this.kernelColumns = kernelColumns;
        this.stepY = stepY;
        this.stepX = stepX;
        outRows = same ? (rows + stepY - 1) / stepY : (rows - kernelRows) / stepY + 1;
        outColumns = same ? (columns + stepX - 1) / stepX : (columns - kernelColumns) / stepX + 1;
        top = same ? Math.max((outRows - 1) * stepY + kernelRows - rows, 0) / 2 : 0;
        left = same ? Math.max((outColumns - 1) * stepX + kernelColumns - columns, 0) / 2 : 0;
    }

    int outPixels() {
        return outRows * outColumns;
    }

    /** Whether every px is seen by itself, as it lies. */
    boolean isPointwise() {
        return kernelRows == 1 && kernelColumns == 1 && stepY == 1 && stepX == 1;
    }

    /**
     * Lays out what each input of the kernel sees of one channel, one array each in the order row, column. Entry
     * {@code y * phaseColumns() + x} belongs to px (y, x) of the output; those beyond its columns mean nothing.
     *
     * <p>The picture is parted into phases, px that lie a whole number of steps apart; what an input sees is then one
     * piece of one phase, copied at once.
     *
     * @param channel the picture
     * @param phases room for {@link #phaseCount} arrays of {@link #phaseSize} values
     * @param seen where the values go, from {@code first} on; zeros outside the picture
     * @param first index in {@code seen}
     */
    void spread(float[] channel, float[][] phases, float[][] seen, int first) {
        part(channel, phases);
        int count = spreadSize();
        for (int row = 0; row < kernelRows; row++) {
            for (int column = 0; column < kernelColumns; column++) {
                float[] phase = phases[row % stepY * stepX + column % stepX];
                int from = row / stepY * phaseColumns() + column / stepX;
                System.arraycopy(phase, from, seen[first + row * kernelColumns + column], 0, count);
            }
        }
    }

    /** Takes from what belongs to {@link #phaseColumns} columns those of the output. */
    void gather(float[] spread, float[] out) {
        for (int y = 0; y < outRows; y++) {
            System.arraycopy(spread, y * phaseColumns(), out, y * outColumns, outColumns);
        }
    }

    /** Number of entries of which some belong to the output. */
    int spreadSize() {
        return (outRows - 1) * phaseColumns() + outColumns;
    }

    int phaseCount() {
        return stepY * stepX;
    }

    int phaseSize() {
        return (outRows + (kernelRows - 1) / stepY) * phaseColumns();
    }

    /** Number of values that a channel's phases, what {@code inputs} of a kernel see, and their sums take. */
    long room(int inputs) {
        return (long) phaseCount() * phaseSize() + (inputs + 1L) * spreadSize();
    }

    private int phaseColumns() {
        return outColumns + (kernelColumns - 1) / stepX;
    }

    private void part(float[] channel, float[][] phases) {
        int width = phaseColumns();
        int height = phaseSize() / width;
        for (int phaseY = 0; phaseY < stepY; phaseY++) {
            for (int phaseX = 0; phaseX < stepX; phaseX++) {
                float[] phase = phases[phaseY * stepX + phaseX];
                // First and last column of the phase that lies in the picture.
                int first = Math.max(0, (left - phaseX + stepX - 1) / stepX);
                int end = Math.min(width, (columns - 1 + left - phaseX) / stepX + 1);
                for (int y = 0; y < height; y++) {
                    int fromY = y * stepY + phaseY - top;
                    if (fromY >= 0 && fromY < rows) {
                        int from = fromY * columns + phaseX - left;
                        for (int x = first; x < end; x++) {
                            phase[y * width + x] = channel[from + x * stepX];
                        }
                    }
                }
            }
        }
    }
}
