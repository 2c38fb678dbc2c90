"""What is told, up to where it is written: checked, known already or not, and let pass or refused.

telling      a record, checked; what its caller says it is to older memories; what one write does
told_times   times that people type: of filters, of when something happened
known        whether a memory says it already
echoes       refusing what recall printed
refusals     refusing what was retracted
names        refusing names that hold a secret
gate         leaving out or refusing secrets
"""
