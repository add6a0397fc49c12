package org.lowcost;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Names of what is reported: cell types, and the attributes with their values; {@code lowcost.taxonomy}. */
public final class Taxonomy {
    /** One name that a detected object can carry. */
    public static final class CellType {
        /** The identifier used in results and bundles. */
        public final String name;

        /** The words shown to a person. */
        public final String label;

        /** Whether the object counts in the differential. */
        public final boolean isLeukocyte;

        /** Whether it counts towards the blast-equivalent fraction. */
        public final boolean isBlastEquivalent;

        /** LOINC code of "this type as a percentage of leukocytes", null where there is none. */
        public final String loinc;

        private CellType(String name, String label, boolean isLeukocyte, boolean isBlastEquivalent, String loinc) {
            this.name = name;
            this.label = label;
            this.isLeukocyte = isLeukocyte;
            this.isBlastEquivalent = isBlastEquivalent;
            this.loinc = loinc;
        }
    }

    /** A named morphological property and the values that it can take. */
    public static final class Attribute {
        /** The identifier, unique over both schemes. */
        public final String name;

        /** The words shown to a person. */
        public final String label;

        /** {@code "WBCAtt"} (Tsutsui et al., NeurIPS 2023) or {@code "LeukemiaAttri"} (Rehman et al., MICCAI 2024). */
        public final String scheme;

        /** The values, in the order in which class indices count. */
        public final List<String> values;

        private Attribute(String name, String label, String scheme, String... values) {
            this.name = name;
            this.label = label;
            this.scheme = scheme;
            this.values = Collections.unmodifiableList(Arrays.asList(values));
        }
    }

    /** The type of a leukocyte that the program is unsure of. */
    public static final String UNIDENTIFIED = "unidentified";

    /** The value of an attribute that the image's resolution cannot carry. */
    public static final String NOT_ASSESSABLE = "not assessable";

    /** The sentence that stands on everything a person sees. */
    public static final String RESEARCH_USE_NOTICE =
            "For Research Use Only. Not for use in diagnostic procedures.";

    /** Every cell type by name, in the order in which reports list them. */
    public static final Map<String, CellType> CELL_TYPES = cellTypes();

    /** Every attribute by name: the 11 of WBCAtt, then the 7 of LeukemiaAttri. */
    public static final Map<String, Attribute> ATTRIBUTES = attributes();

    private Taxonomy() {}

    private static Map<String, CellType> cellTypes() {
        CellType[] types = {
            new CellType("neutrophil_segmented", "Segmented neutrophil", true, false, "26505-8"),
            new CellType("neutrophil_band", "Band neutrophil", true, false, "26508-2"),
            new CellType("metamyelocyte", "Metamyelocyte", true, false, "28541-1"),
            new CellType("myelocyte", "Myelocyte", true, false, "26498-6"),
            new CellType("promyelocyte", "Promyelocyte", true, false, "26524-9"),
            new CellType("eosinophil", "Eosinophil", true, false, "26450-7"),
            new CellType("basophil", "Basophil", true, false, "30180-4"),
            new CellType("lymphocyte", "Lymphocyte", true, false, "26478-8"),
            new CellType("monocyte", "Monocyte", true, false, "26485-3"),
            new CellType("blast", "Blast", true, true, "26446-5"),
            new CellType(UNIDENTIFIED, "Unidentified", true, false, null),
            new CellType("erythroblast", "Erythroblast", false, false, null),
            new CellType("smudge_cell", "Smudge cell", false, false, "34992-8"),
            new CellType("platelet", "Platelet", false, false, null),
            new CellType("platelet_clump", "Platelet clump", false, false, null),
            new CellType("artefact", "Artefact", false, false, null),
        };
        Map<String, CellType> found = new LinkedHashMap<>();
        for (CellType type : types) {
            found.put(type.name, type);
        }
        return Collections.unmodifiableMap(found);
    }

    private static Map<String, Attribute> attributes() {
        String one = "WBCAtt";
        String two = "LeukemiaAttri";
        Attribute[] attributes = {
            new Attribute("cell_size", "Cell size", one, "big", "small"),
            new Attribute("cell_shape", "Cell shape", one, "round", "irregular"),
            new Attribute("nucleus_shape", "Nucleus shape", one, "segmented-multilobed", "segmented-bilobed",
                    "unsegmented-band", "unsegmented-indented", "unsegmented-round", "irregular"),
            new Attribute("nuclear_cytoplasmic_ratio", "Nuclear to cytoplasmic ratio", one, "high", "low"),
            new Attribute("chromatin_density", "Chromatin density", one, "densely", "loosely"),
            new Attribute("cytoplasm_vacuole", "Cytoplasm vacuoles", one, "yes", "no"),
            new Attribute("cytoplasm_texture", "Cytoplasm texture", one, "clear", "frosted"),
            new Attribute("cytoplasm_colour", "Cytoplasm colour", one, "light blue", "blue", "purple blue"),
            new Attribute("granule_type", "Granule type", one, "small", "round", "coarse", "nil"),
            new Attribute("granule_colour", "Granule colour", one, "pink", "purple", "red", "nil"),
            new Attribute("granularity", "Granularity", one, "yes", "no"),
            new Attribute("lld_cell_size", "Cell size (three grades)", two, "small", "medium", "large"),
            new Attribute("nuclear_chromatin", "Nuclear chromatin", two, "open", "coarse"),
            new Attribute("nuclear_shape", "Nuclear outline", two, "regular", "irregular"),
            new Attribute("nucleolus", "Nucleolus", two, "inconspicuous", "prominent"),
            new Attribute("cytoplasm", "Amount of cytoplasm", two, "scanty", "abundant"),
            new Attribute("cytoplasmic_basophilia", "Cytoplasmic basophilia", two, "slight", "moderate"),
            new Attribute("cytoplasmic_vacuoles", "Cytoplasmic vacuoles", two, "absent", "prominent"),
        };
        Map<String, Attribute> found = new LinkedHashMap<>();
        for (Attribute attribute : attributes) {
            found.put(attribute.name, attribute);
        }
        return Collections.unmodifiableMap(found);
    }
}
