"""What a model is given to read: passages with what is around them, within a budget of tokens, nothing twice.

`units` divides a passage into whole sentences and rows, `parts` cuts slices with their spans, `surroundings` reads
neighbours, sections and header rows, `packing` puts it all together.
"""
