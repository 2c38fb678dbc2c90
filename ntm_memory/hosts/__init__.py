"""What hosts ask by their hooks: what to put into a prompt, what to keep of a turn, what may run unasked.

hooks        the one door: an event in, the host's answer out, whatever happens
projects     a working folder → the namespaces of its memories
small_files  files of strangers, read with care
prompts      what of a prompt is a person's own words
private      what of a text is marked as private
private_words what private parts said, known again
injecting    UserPromptSubmit, SubagentStart: memories that matter for it
briefing     SessionStart: what stands out here
late         PostToolUse: what came too late for a prompt
capturing    Stop: the turn as an episode; what a prompt says is to be kept
pending      what is to be kept, until it is in memory
sessions     which memories a session has been shown
reading      what hosts remember themselves, brought in on request; the mirror of ours that they read
fence        memories as a block of a prompt
permission   PreToolUse: our own commands and tools
command_line one simple command, or nothing
"""
