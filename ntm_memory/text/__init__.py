"""Texts before any model: words, names and places that they tell. Standard library; heavy parsers on demand.

scripts         which characters are Chinese, Japanese or Korean
words           index words and marks: what keyword evidence is counted over
passages        a text cleaned and cut for a model
fenced_code     which lines of Markdown are code
subquestions    questions within a question
question_names  who or what a question names
memory_names    the name a memory can be spoken of by
folding         when two keys, or two texts, are one
likeness        whether two texts are twins
"""
