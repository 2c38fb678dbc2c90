"""End-to-end Memory Networks (Sukhbaatar et al. 2015, arXiv 1503.08895) on the bAbI tasks, in NumPy.

babi          the tasks' files, read into stories and questions
encoding      words to numbers; memory, question and answer of a batch
parameters    sizes, variants and the weights of a network
network       forward and backward: hops of attention over sentences
training      one network: schedule, linear start, restarts
recipes       which variant each task is trained with
babi_training a task from its file to the network that ships
checkpoint    a trained network in a file
example       one question answered, with what each hop looked at
"""
