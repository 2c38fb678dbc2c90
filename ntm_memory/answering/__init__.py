"""What is read for one question, before it is an answer.

looks      by content, by place, at a time, as far as the question asks for each
at_times   which memories are of a time that is asked for, and what there is where none is
topics     what a question about a time names besides it
formerly   what memories said before they changed
in_session what a question finds in its session, as far as it leans on it
explaining what a question was heard to ask for, and which memories its answer came from
"""
