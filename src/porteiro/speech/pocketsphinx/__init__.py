"""Recognition in the box: pocketsphinx with closed grammars, in worker processes."""
