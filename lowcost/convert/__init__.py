"""Labels from one format to another: a reader and a writer for each, and one stream of labels between them.

`lowcost.convert.formats` lists the formats, `lowcost.convert.conversion` does the work.
"""
