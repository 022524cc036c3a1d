"""Real feed readers on a running newsroom: what each holds of it after whatever happens there.

`newsroom` publishes and remembers what it published, the readers' modules run one program each, and `circle`
lets all of them read and compares.
"""
