"""The layout model that comes with PyMuPDF, run by a driver of our own.

The weights are those of PyMuPDF's wheel (`pymupdf/layout/resources/onnx`), and its C++ code computes the text features;
the way between them is ours, because theirs costs three times as much for the same regions: one structured text page
from the display list, the image network without the upsampling of its 160 feature maps to the size of the page (boxes
are pooled from the small maps, exactly), and sessions that keep their memory.

======================= =============================================================================================
`model`                 the entry: `preload()`, `predict(native page)`, `predict_scan(page content)`
`scan_page`             a scanned page with what OCR read as its text
`networks`              the ONNX graphs, cut down to what is used, as single-threaded sessions
`page_inputs`           a page as the networks want it: text lines with their features, a small grey image
`pooling`               image features of each line, from the feature maps
`line_graph`            which lines are neighbours, and how they lie to each other
`grouping`              from the network's answers to regions
`table_lines`           the rows and columns of a table
`picture_areas`         pictures that the image network sees
======================= =============================================================================================
"""
