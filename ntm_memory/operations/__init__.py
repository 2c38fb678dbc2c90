"""One module a verb: what is told is checked, done and answered; the rooms below do the work.

validation   what may be told, one field at a time
recall, excerpt, context     questions and answers; fitting an answer into a prompt; what questions share
write, erase                 memorize, update; weaken, forget, purge, restore
room         who is archived when memory is full
reason, reasoning_report     several reads in a row, told as a path
feedback, tune               learning from use
requests, services           recall's options; what the verbs are made of
process                      what holds for a whole process: UTF-8, one BLAS thread
results                      what the verbs answer
"""
