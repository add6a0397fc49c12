/** White blood cells on photographs of blood smears, for Android; begin with {@link org.lowcost.android.LowcostAnalyzer}. */
package org.lowcost.android;
