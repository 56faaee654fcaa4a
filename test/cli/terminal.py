"""A terminal for a test: runs argv[3:] on a pty of argv[1] columns and argv[2] rows.

What is read from stdin is typed, what the program writes comes out, and a line "COLUMNS ROWS" on descriptor 3 changes the
size. Ends with the program's exit code.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios


def resize(terminal, columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main():
    pid, terminal = pty.fork()
    if pid == 0:
        # The size must stand before the program asks for it.
        resize(0, int(sys.argv[1]), int(sys.argv[2]))
        os.execvp(sys.argv[3], sys.argv[3:])
    sources = [terminal, 0, 3]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if 3 in ready:
            line = os.read(3, 64).split()
            if len(line) == 2:
                resize(terminal, int(line[0]), int(line[1]))
            else:
                sources.remove(3)
        if 0 in ready:
            keys = os.read(0, 4096)
            if keys:
                os.write(terminal, keys)
            else:
                sources.remove(0)
        if terminal in ready:
            try:
                out = os.read(terminal, 65536)
            except OSError:
                break
            if not out:
                break
            os.write(1, out)
    _, status = os.waitpid(pid, 0)
    sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)


main()
