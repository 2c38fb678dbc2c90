"""What finds the likeliest of very many memories without reading each: derived from keys and words, and kept as arrays.

sign_codes  keys as one bit a number: which few are nearest to a question
word_lists  where each word occurs, all words in four arrays
beside      such arrays kept beside an open store: of which state they are, what was written since
files       in which files
"""
