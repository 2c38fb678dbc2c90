"""Files of numbers: arrays with a header, named numbers that were learned; each there whole or not at all."""
