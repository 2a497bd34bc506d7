"""Standard for Exchange of Nonclinical Data (SEND): the mouse arm as SAS transport files, and back.

The files are *shaped* like a SEND data set; nothing here claims that they could be submitted. The plain
tables of the study folder stay the source; SEND is what they are exchanged in.
"""
