#!/usr/bin/python3
"""Record programs in a pty of 80x24; replay the bytes in tmux and in xterm.

Run:   /usr/bin/python3 record.py [NAME ...]        (no names: all)
Needs: vim less htop top tmux nano mc bash vttest xterm Xvfb; root (to start the
       processes that htop and top show as "nobody").

One folder up it writes for each recording
  NAME.bytes      what the program printed
  NAME.txt        the screen of a tmux pane that got these bytes (24 lines)
  NAME.ansi.txt   the same with colours (capture-pane -e)
  NAME.xterm.txt  the screen of an xterm that got these bytes, only where it is
                  not the same text as tmux's
vttest asks its terminal questions, so it runs in a real xterm; this program stands
between the two (see VtTest).
"""
import os, pty, select, shutil, signal, socket, struct, subprocess, sys, tempfile
import fcntl, termios, time, tty

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
BOX = "/tmp/box"
ENV = {"PATH": "/usr/bin:/bin", "HOME": BOX, "TERM": "xterm-256color", "LANG": "C.UTF-8",
       "LC_ALL": "C.UTF-8", "PS1": "box$ ", "SHELL": "/bin/sh", "TZ": "UTC", "USER": "box"}
UP, DOWN, RIGHT, LEFT = b"\x1bOA", b"\x1bOB", b"\x1bOC", b"\x1bOD"


# ---------------------------------------------------------------- content

def fill_box():
    shutil.rmtree(BOX, ignore_errors=True)
    for d in ("src", "notes", "pictures", "a directory"):
        os.makedirs(f"{BOX}/{d}")
    lines = ["/* queue.c: a ring of integers */", "#include <stdio.h>", "#include <stdlib.h>",
             "", "#define SIZE 16", ""]
    for n, op in enumerate(("push", "pop", "peek", "count", "clear", "full"), 1):
        lines += [f"/* {op}: operation {n} */", f"static int queue_{op}(struct queue *q, int value)",
                  "{", "\tif (q == NULL)", f"\t\treturn -{n};",
                  f"\tprintf(\"{op} %d\\n\", value);", f"\treturn q->head + {n};", "}", ""]
    open(f"{BOX}/src/queue.c", "w").write("\n".join(lines) + "\n")
    b = lambda s: "".join(c + "\b" + c for c in s)
    u = lambda s: "".join("_\b" + c for c in s)
    page = []
    for s in range(1, 41):
        page += [b(f"SECTION {s}"), f"       The {b('river')} number {u(str(s))} runs to the {u('sea')}.",
                 f"       Its length is {s * 37 % 101} leagues; see {b('bridge')}(7) for its bridges.", ""]
    open(f"{BOX}/notes/rivers.txt", "w").write("\n".join(page) + "\n")
    open(f"{BOX}/notes/long.txt", "w").write("A first line.\n" + " ".join(
        f"word{n}" for n in range(60)) + "\nTab\there.\nWide: 漢字 and é.\nLast line.\n")
    for n in ("apple", "apricot", "avocado", "banana", "blueberry"):
        open(f"{BOX}/{n}.txt", "w").write(n + "\n")
    open(f"{BOX}/run.sh", "w").write("#!/bin/sh\necho run\n")
    os.chmod(f"{BOX}/run.sh", 0o755)
    os.symlink("apple.txt", f"{BOX}/link.txt")
    for top, dirs, files in os.walk(BOX):           # one date for all
        for n in dirs + files:
            os.utime(f"{top}/{n}", (1e9, 1e9), follow_symlinks=False)


# ---------------------------------------------------------------- the pty

class Pty:
    """A program in a pty of 80x24; `key` writes and waits until it is quiet."""

    def __init__(self, argv, env=ENV, cwd=BOX):
        self.data = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            os.chdir(cwd)
            os.execvpe(argv[0], argv, env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def wait(self, quiet=0.25, most=6.0):
        end = time.time() + most
        while time.time() < end and select.select([self.fd], [], [], quiet)[0]:
            try:
                got = os.read(self.fd, 65536)
            except OSError:
                break
            if not got:
                break
            self.data += got
        return self

    def key(self, *keys, quiet=0.25):
        for k in keys:
            os.write(self.fd, k if isinstance(k, bytes) else k.encode())
            self.wait(quiet)
        return self

    def end(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(self.fd)
        os.waitpid(self.pid, 0)
        return self.data


def tmux_screen(path):
    """The screen of a tmux pane of 80x24 after these bytes: text, text with colours."""
    d = tempfile.mkdtemp()
    open(d + "/conf", "w").write("set -g status off\n")
    t = ["tmux", "-S", d + "/s", "-f", d + "/conf"]
    try:
        subprocess.run(t + ["new", "-d", "-x", "80", "-y", "24",
                            f"stty raw -echo; cat '{path}'; touch {d}/done; exec sleep 1000"],
                       env=ENV, check=True)
        for _ in range(100):
            if os.path.exists(d + "/done"):
                break
            time.sleep(0.05)
        time.sleep(0.3)
        take = lambda *a: subprocess.run(t + ["capture-pane", "-p", *a], env=ENV,
                                         stdout=subprocess.PIPE, check=True).stdout
        return take(), take("-e")
    finally:
        subprocess.run(t + ["kill-server"], env=ENV, stderr=subprocess.DEVNULL)
        shutil.rmtree(d)


def xvfb():
    r, w = os.pipe()
    x = subprocess.Popen(["Xvfb", "-displayfd", str(w), "-screen", "0", "1280x1024x24",
                          "-nolisten", "tcp"], pass_fds=[w], stderr=subprocess.DEVNULL)
    os.close(w)
    return x, ":" + os.read(r, 16).decode().strip()


def xterm_screen(path):
    """The screen of an xterm after these bytes: it prints its page (CSI i) to a file."""
    global XVFB
    XVFB = XVFB or xvfb()
    d = tempfile.mkdtemp()
    try:
        term = subprocess.Popen(
            ["xterm", "-u8", "-geometry", "80x24", "-tn", "xterm-256color",
             "-xrm", f"XTerm*printerCommand: cat > {d}/out; mv {d}/out {d}/page",
             "-xrm", "XTerm*printAttributes: 0", "-xrm", "XTerm*printerAutoClose: true",
             "-xrm", "XTerm*printerExtent: true", "-xrm", "XTerm*allowWindowOps: false",
             "-xrm", "XTerm*printerFormFeed: false",
             "-e", f"stty raw -echo; cat '{path}'; sleep 0.3; printf '\\033[i'; exec sleep 1000"],
            env=dict(ENV, DISPLAY=XVFB[1]), stderr=subprocess.DEVNULL)
        for _ in range(100):
            if os.path.exists(d + "/page"):
                break
            time.sleep(0.05)
        term.terminate()
        term.wait()
        if not os.path.exists(d + "/page"):
            return None
        text = open(d + "/page", "rb").read().replace(b"\r", b"")
        text = text.replace("\uffff".encode(), b"")     # xterm's right half of a wide one
        return b"".join(l.rstrip() + b"\n" for l in text.split(b"\n")[:24])
    finally:
        shutil.rmtree(d)


XVFB = None


def save(name, data):
    assert len(data) <= 100_000, (name, len(data))
    path = os.path.abspath(f"{OUT}/{name}.bytes")
    open(path, "wb").write(data)
    text, ansi = tmux_screen(path)
    assert text.count(b"\n") == 24, (name, text.count(b"\n"))
    open(f"{OUT}/{name}.txt", "wb").write(text)
    open(f"{OUT}/{name}.ansi.txt", "wb").write(ansi)
    page = xterm_screen(path)
    trimmed = b"".join(l.rstrip() + b"\n" for l in text.split(b"\n")[:24])
    if os.path.exists(f"{OUT}/{name}.xterm.txt"):
        os.unlink(f"{OUT}/{name}.xterm.txt")
    if page is not None and page != trimmed:
        open(f"{OUT}/{name}.xterm.txt", "wb").write(page)
    said = ("" if page == trimmed else "; no page from xterm" if page is None
            else "; xterm's screen is not tmux's")
    print(f"{name}: {len(data)} bytes{said}", flush=True)


# ---------------------------------------------------------------- programs

def vim():
    p = Pty(["vim", "-u", "NONE", "-i", "NONE", "-n", "--cmd",
             "set nocp nomodeline ruler number hlsearch laststatus=2 t_RV= t_u7= t_RF= t_RB= t_RK=",
             "src/queue.c"])
    p.wait(1).key(":syntax on\r", ":vsplit\r", "/return\r", "n", "n", "o// inserted line one\rint two;\x1b",
                  "zz", "\x17w", "G", "\x05", quiet=0.4)
    save("vim", p.end())


def less():
    p = Pty(["less", "-R", "-i", "notes/rivers.txt"], dict(ENV, LESSHISTFILE="-"))
    p.wait(0.6).key(" ", " ", "b", "/bridge\r", "n", "n", "G", "b", "k", "k", "jj", "?river\r")
    save("less", p.end())


def sleepers():
    """Two processes to look at, of the user nobody."""
    return [subprocess.Popen(["sleep", s], stdin=subprocess.DEVNULL, user=65534, env=ENV)
            for s in ("1001", "1002")]


def htop():
    two = sleepers()
    conf = BOX + "/htoprc"      # no meters: they measure the machine
    open(conf, "w").write("fields=0 48 17 18 38 39 40 2 46 47 49 1\nhtop_version=3.2.2\n"
                          "config_reader_min_version=3\nheader_layout=one_100\n"
                          "column_meters_0=Blank\ncolumn_meter_modes_0=2\nhighlight_base_name=1\n"
                          "delay=100\n")
    try:
        p = Pty(["htop", "-p", ",".join(str(s.pid) for s in two), "-d", "100"],
                dict(ENV, HTOPRC=conf))
        # down, tag, up, F6 (sort by), down
        p.wait(0.6).key(DOWN, " ", UP, b"\x1b[17~", DOWN, quiet=0.4)
        save("htop", p.end())
    finally:
        for s in two:
            s.kill(), s.wait()


def top():
    two = sleepers()
    argv = ["top", "-p", ",".join(str(s.pid) for s in two), "-d", "60"]
    try:
        # First, not recorded: no load, CPU and memory lines; colours; W writes ~/.toprc.
        p = Pty(argv)
        p.wait(0.8).key("l", "t", "t", "t", "m", "m", "m", "z", "x", "b", "W", quiet=0.5)
        p.end()
        p = Pty(argv)
        p.wait(0.8).key("c", "R", "V", DOWN, UP, quiet=0.5)
        save("top", p.end())
    finally:
        for s in two:
            s.kill(), s.wait()


def tmux():
    scratch = tempfile.mkdtemp()
    t = ["tmux", "-S", scratch + "/s", "-f", BOX + "/tmux.conf"]
    open(BOX + "/tmux.conf", "w").write(
        "set -g status-right ''\nset -g status-left '[box] '\nset -g default-command 'sh'\n"
        "set -g automatic-rename off\nset -g set-titles off\nset -g default-shell /bin/sh\n")
    try:
        p = Pty(t + ["new", "-n", "work"])
        p.wait(1).key("seq 1 100\r", b"\x02%", "ls -1\r", b'\x02"', "echo lower right\r",
                      b"\x02" + LEFT.replace(b"O", b"["), quiet=0.5)
        save("tmux", p.end())
    finally:
        subprocess.run(t + ["kill-server"], stderr=subprocess.DEVNULL)
        shutil.rmtree(scratch)


def nano():
    p = Pty(["nano", "-I", "-l", "notes/long.txt"])
    p.wait(0.6).key(b"\x1b[B", b"\x05", " END", b"\x01", b"\x1b[1;5C", b"\x1b[1;5C", "new ",
                    b"\x1b[B", b"\x1b[B", b"\x1b[3~")
    save("nano", p.end())


def mc():
    home = tempfile.mkdtemp()   # so that mc's own files are not in the panels
    os.makedirs(home + "/.config/mc")
    # No title, free space, times, hints and prompt: they tell of the machine and the day.
    open(home + "/.config/mc/ini", "w").write(
        "[Midnight-Commander]\nauto_save_setup=false\nold_esc_mode=false\n"
        "[Layout]\nmessage_visible=0\ncommand_prompt=0\nfree_space=0\nxterm_title=0\n")
    panel = "list_format=user\nuser_format=half type name | size:7 | perm\n"
    open(home + "/.config/mc/panels.ini", "w").write(
        f"[New Left Panel]\n{panel}[New Right Panel]\n{panel}[Dirs]\ncurrent_is_left=true\n")
    try:
        p = Pty(["mc", "-u", "-d", "-x", BOX, BOX + "/notes"], dict(ENV, HOME=home, TMPDIR=home))
        # down, down, select; save. Then F9, down: the menu.
        p.wait(1.2).key(DOWN, DOWN, b"\x1b[2~", DOWN, quiet=0.6)
        save("mc", p.data)
        p.key(b"\x1b[20~", DOWN, DOWN, quiet=0.6)
        save("mc-menu", p.end())
    finally:
        shutil.rmtree(home)


def bash():
    p = Pty(["bash", "--norc", "--noprofile"], dict(ENV, HISTFILE="/dev/null"))
    p.wait(0.5)
    p.key("bind 'set enable-bracketed-paste on'\r", "echo one two three\r", "ls -F --color=always\r",
          b"\x12", "two", b"\x05", " four\r",
          "echo " + " ".join(f"long{n}" for n in range(20)), b"\x01", b"\x1bf", b"\x1bf", b"\x1bf",
          " INSERTED", b"\x17", " CHANGED", b"\x1bb", b"\x1bu", b"\x05", "\r",
          "cat a", b"\t", b"\t", "p", b"\t\t", "p", b"\t")
    save("bash", p.end())


def colours():
    o = "\x1b[2J\x1b[H"
    for n in range(16):
        o += f"\x1b[48;5;{n}m{n:>3} \x1b[m"
    o += "\r\n"
    for g in range(6):
        for r in range(6):
            o += "".join(f"\x1b[48;5;{16 + 36 * r + 6 * g + b}m  " for b in range(6)) + "\x1b[m"
        o += "\r\n"
    o += "".join(f"\x1b[48;5;{n}m   " for n in range(232, 256)) + "\x1b[m\r\n"
    for row in range(3):        # semicolons, then colons
        for x in range(80):
            r, g, b = 255 * x // 79, 255 - 255 * x // 79, 100 * row
            o += f"\x1b[48;2;{r};{g};{b}m " if row < 2 else f"\x1b[48:2::{r}:{g}:{b}m "
        o += "\x1b[m"
    o += "\r\n"
    for n, name in ((1, "bold"), (2, "dim"), (3, "italic"), (4, "underline"), (5, "blink"),
                    (7, "inverse"), (8, "hidden"), (9, "struck"), (53, "overline")):
        o += f"\x1b[{n}m{name}\x1b[m "
    o += "\r\n"
    for n in range(1, 6):
        o += f"\x1b[4:{n}munder{n}\x1b[4:0m "
    o += "\x1b[4:3;58;2;255;0;0mred curl\x1b[59;24m \x1b[4;58:5:33mblue line\x1b[m\r\n"
    for n in list(range(30, 38)) + list(range(90, 98)):
        o += f"\x1b[{n}m{n}\x1b[1m{n}\x1b[m "
    o += "\r\n\x1b[38;5;208;48;5;17;1;3mall at once\x1b[22;23m less\x1b[39m default\x1b[49m plain\r\n"
    save("colours", o.encode())


def wide():
    o = "\x1b[2J\x1b[H"
    o += "CJK: 漢字かな交じり文 한국어 中文|\r\n"
    o += "emoji: 😀🎉🚀 ☃ ✓|\r\n"
    o += "combining: e\u0301a\u0308o\u0302 n\u0303 x\u0323\u0307|\r\n"
    o += "thai: สวัสดี กิ่ง ที่นี่|\r\n"
    o += "hebrew: שלום arabic: سلام|\r\n"
    o += "zwj: 👩\u200d💻|\r\n"
    o += "vs16: ☃\ufe0f| vs15: ☃\ufe0e|\r\n"
    o += "┌─┬─┐ ╔═╦═╗ ╭─╮ ░▒▓█ ▁▂▃▄▅▆▇█ ⠿⣿\r\n│ │ │ ║ ║ ║ │ │\r\n└─┴─┘ ╚═╩═╝ ╰─╯ ←↑→↓\r\n"
    o += "漢字漢字\rx\r\n"                         # overwrite a left half
    o += "漢字漢字\x1b[2Gy\r\n"                    # overwrite a right half
    o += "漢字漢字\x1b[2G漢\r\n"                   # a wide one over two halves
    o += "漢字漢字\x1b[2G\x1b[P\r\n"               # delete half
    o += "漢字漢字\x1b[4G\x1b[K\r\n"               # erase from a right half
    o += "漢字漢字\x1b[2G\x1b[@\r\n"               # insert at a right half
    o += "\x1b[17;80H漢\x1b[18;10Hafter wide at the margin"
    o += "\x1b[19;79H漢\x1b[20;1Hfits, then \x1b[20;80Hx"
    o += "\x1b[21;1H\x1b[?7l\x1b[21;78Ha漢漢b\x1b[?7h"      # no wrap
    o += "\x1b[22;1He\u0301\x1b[22;1Hf\x1b[22;4H\u0301g"    # mark after a move
    o += "\x1b[23;1Hsoft\u00adhyphen zero\u200bwidth nbsp\u00a0end"
    save("wide", o.encode())


def sequences():
    o = b"\x1b[2J\x1b[H"
    n = 0
    def word(seq, text=None):
        nonlocal o, n
        n += 1
        o += f"w{n}".encode() + seq + b"."
        o += b"\r\n" if n % 8 == 0 else b" "
    for k in range(0, 7):
        word(b"\x1b[%d q" % k)
    word(b"\x1b]0;a title\x07"); word(b"\x1b]2;a title\x1b\\"); word(b"\x1b]1;icon\x07")
    word(b"\x07"); word(b"\x1b]777;notify;title;body\x07"); word(b"\x1b]9;text\x1b\\")
    word(b"\x1b]8;;http://example.com/\x1b\\link\x1b]8;;\x1b\\")
    word(b"\x1b]52;c;aGVsbG8=\x07"); word(b"\x1b]133;A\x07"); word(b"\x1b]7;file:///box\x07")
    word(b"\x1bPzunknown dcs\x1b\\"); word(b"\x1b_an apc\x1b\\"); word(b"\x1b^a pm\x1b\\")
    word(b"\x1bXa sos\x1b\\"); word(b"\x1b[>4;2m"); word(b"\x1b[?2026h"); word(b"\x1b[?2026l")
    word(b"\x1bPq#0;2;0;0;0#0~~@@vv$\x1b\\")        # a sixel picture
    word(b"\x1b_Gf=24,s=1,v=1,a=T,q=2;AAAA\x1b\\")
    word(b"\x1b[>1u"); word(b"\x1b[<u"); word(b"\x1b[=1;1u"); word(b"\x1b[?9999h"); word(b"\x1b[1;2;3y")
    word(b"\x1b[1;2+w"); word(b"\x1b[!!p"); word(b"\x1b[38;5m"); word(b"\x1b[m"); word(b"\x1b[999m")
    word(b"\x1b[3\x18"); word(b"\x1b[3\x1a"); word(b"\x1b[\x1b[m"); word(b"\x1b]2;cut\x18")
    word(b"\x1b%G"); word(b"\x1b #"); word(b"\x1b(B"); word(b"\x1b=\x1b>"); word(b"\x1b[?1004h\x1b[?1004l")
    word(b"\x1b[1\x08;1m\x1b[m"); word(b"\x00\x7f"); word(b"\x1b[?2004h\x1b[?2004l"); word(b"\x1b[22;0t\x1b[23;0t")
    save("sequences", o)


def invalid():
    """Bytes that are not UTF-8, each between two bars."""
    o = b"\x1b[2J\x1b[H"
    for bad in (b"\xff", b"\xff\xfe", b"\x80", b"\xe6\xbc", b"\xe6", b"\xc0\xaf", b"\xe0\x80\xaf",
                b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf0\x9f\x98", b"\xf0\x9f\x98\x80",
                b"\xe6\x1b[1mx\x1b[m", b"\xc2\x85"):
        o += bad.hex().encode() + b" |" + bad + b"|\r\n"
    save("invalid", o)


# ---------------------------------------------------------------- vttest

class VtTest:
    """vttest in a real xterm under Xvfb.

    xterm runs this file with --between: it starts vttest in an inner pty, hands
    vttest's output to xterm, and both xterm's answers and our keys to vttest, and
    writes vttest's output down. So the recording has what vttest printed, with a
    terminal that answered.
    """
    def __init__(self):
        self.dir = tempfile.mkdtemp()
        global XVFB
        XVFB = XVFB or xvfb()
        name = XVFB[1]
        srv = socket.socket(socket.AF_UNIX)
        srv.bind(self.dir + "/s")
        srv.listen(1)
        self.term = subprocess.Popen(
            ["xterm", "-geometry", "80x24", "-tn", "xterm-256color", "-xrm", "XTerm*c132: true",
             "-xrm", "XTerm*decTerminalID: 420", "-e", sys.executable, os.path.abspath(__file__),
             "--between", self.dir + "/s"], env=dict(ENV, DISPLAY=name))
        srv.settimeout(10)
        self.s = srv.accept()[0]
        self.data = b""

    def wait(self, quiet=0.35, most=15):
        end = time.time() + most
        while time.time() < end and select.select([self.s], [], [], quiet)[0]:
            got = self.s.recv(65536)
            if not got:
                break
            self.data += got

    def key(self, k, quiet=0.35):
        self.s.sendall(k.encode())
        self.wait(quiet)

    def end(self):
        self.term.terminate()
        self.term.wait()
        shutil.rmtree(self.dir)


def between(path):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    tty.setraw(0)
    pid, fd = pty.fork()
    if pid == 0:
        time.sleep(0.2)
        os.execvpe("vttest", ["vttest", "24x80.132"], ENV)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    while True:
        for f in select.select([0, s, fd], [], [])[0]:
            try:
                data = s.recv(4096) if f is s else os.read(f, 4096)
            except OSError:
                return
            if not data:
                return
            if f == fd:
                os.write(1, data)
                s.sendall(data)
            else:
                os.write(fd, data)


def vttest():
    """Every screen that ends in "Push <RETURN>", of menus 1, 2, 3, 8 and 11.6.

    vttest-A-B-N is the N-th such screen of menu A.B; every recording is the whole
    stream from vttest's start, so that all modes are what they were.
    """
    plans = [["1"], ["2"], ["8"]] + [["3", str(n)] for n in range(8, 12)]
    plans += [["11", "6", str(n)] for n in range(2, 10)]
    for keys in plans:
        name = "vttest-" + "-".join(keys)
        t = VtTest()
        try:
            t.wait(1.0)
            for k in keys:
                start = len(t.data)
                t.key(k + "\r", 0.6)
            for n in range(1, 40):
                if b"Push" not in t.data[start:][-200:]:
                    t.wait(1.5)         # slow?
                if b"Push" not in t.data[start:][-200:]:
                    break               # back in a menu
                save(f"{name}-{n}", t.data)
                start = len(t.data)
                t.key("\r", 0.5)
        finally:
            t.end()


ALL = [vim, less, htop, top, tmux, nano, mc, bash, colours, wide, sequences, invalid, vttest]

if __name__ == "__main__":
    if sys.argv[1:2] == ["--between"]:
        between(sys.argv[2])
    else:
        fill_box()
        try:
            for f in ALL:
                if not sys.argv[1:] or f.__name__ in sys.argv[1:]:
                    fill_box()
                    f()
        finally:
            shutil.rmtree(BOX)
            if XVFB:
                XVFB[0].terminate()
                XVFB[0].wait()
