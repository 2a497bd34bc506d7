"""H&E images to a nuclear density index; label masks of other tools to fibre areas and central nuclei.

Nothing here recognises inflammatory cells: a nucleus is a nucleus. The index is therefore never called
infiltrate outside the name of this room.
"""
