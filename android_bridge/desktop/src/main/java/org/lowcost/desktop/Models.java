package org.lowcost.desktop;

import org.lowcost.Attributes;
import org.lowcost.Bundle;
import org.lowcost.CellFinder;
import org.lowcost.Classifier;
import org.lowcost.model.TfLite;

/** What a bundle is read into where the steps of an analysis are taken one by one. */
final class Models {
    final CellFinder finder;
    final Classifier classifier;
    final Attributes attributes;

    Models(Bundle bundle) {
        finder = new CellFinder(bundle);
        classifier = Classifier.load(bundle, null, TfLite.RUNTIME);
        attributes = Attributes.load(bundle);
    }
}
