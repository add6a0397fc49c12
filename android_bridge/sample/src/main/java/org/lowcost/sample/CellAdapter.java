package org.lowcost.sample;

import android.content.Context;
import android.view.LayoutInflater;
import android.view.View;
import android.view.ViewGroup;
import android.widget.BaseAdapter;
import android.widget.ImageView;
import android.widget.TextView;
import java.util.List;
import org.lowcost.Cell;
import org.lowcost.Taxonomy;

/** The cells of a field, one picture each. */
final class CellAdapter extends BaseAdapter {
    private final Context context;
    private final Picture picture;
    private final List<Cell> cells;

    CellAdapter(Context context, Picture picture, List<Cell> cells) {
        this.context = context;
        this.picture = picture;
        this.cells = cells;
    }

    /** What a cell is called, with its probability where one was computed. */
    static String title(Context context, Cell cell) {
        String label = Taxonomy.CELL_TYPES.get(cell.type).label;
        boolean named = !cell.probabilities.isEmpty() && !cell.type.equals(Taxonomy.UNIDENTIFIED);
        return named
                ? context.getString(R.string.cell_line, cell.id, label, 100 * cell.probability)
                : context.getString(R.string.cell_unsure, cell.id, label);
    }

    @Override
    public int getCount() {
        return cells.size();
    }

    @Override
    public Cell getItem(int position) {
        return cells.get(position);
    }

    @Override
    public long getItemId(int position) {
        return cells.get(position).id;
    }

    @Override
    public View getView(int position, View used, ViewGroup parent) {
        View view = used == null ? LayoutInflater.from(context).inflate(R.layout.cell, parent, false) : used;
        ImageView image = view.findViewById(R.id.picture);
        image.setImageBitmap(picture == null ? null : picture.cut(cells.get(position)));
        TextView name = view.findViewById(R.id.name);
        name.setText(title(context, cells.get(position)));
        return view;
    }
}
