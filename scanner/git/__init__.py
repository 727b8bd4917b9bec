"""Git repositories as data: refs, objects and history are read from files, and no program of Git is ever run.

``opening``: regular files only, to a bound. ``packs``: pack files and their deltas. ``objects``: an object by its id.
``repository``: a repository's folder and its refs. ``history``: commits, and the file that a commit holds at a path.

Configuration, hooks, attributes, alternates and linked worktrees have no say: what lies outside of the repository's
own ``.git`` folder is not read.
"""
