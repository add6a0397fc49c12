package org.lowcost.features;

/** Rows and columns of a part of an image, px. */
final class Window {
    final int left;
    final int top;
    final int width;
    final int height;

    Window(int left, int top, int width, int height) {
        this.left = left;
        this.top = top;
        this.width = width;
        this.height = height;
    }
}
