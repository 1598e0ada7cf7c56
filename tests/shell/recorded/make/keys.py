#!/usr/bin/python3
"""Record what a real xterm sends for each key: ../keys.tsv and ../keys-left-out.txt.

Needs: xterm, Xvfb, setxkbmap (x11-xkb-utils), python3-xlib.
Run:   /usr/bin/python3 keys.py            (the recording)
The same file is the program that runs inside xterm:
       keys.py --child SOCKET

How: an X server of our own, layout "us", one xterm in it. A key is typed with
the XTEST extension (real key events, not XSendEvent): modifiers down, key down,
key up, modifiers up. After every key a plain "q" is typed as a mark, so that
the bytes before the q are that key's, and a key that sends nothing is known
for sure without waiting for a timeout. "q" is therefore not a key of the matrix.
"""
import os, socket, subprocess, sys, tempfile, time

MODES = {                       # what is written to the terminal first
    "normal":             b"\x1b[?1l\x1b>",
    "application-cursor": b"\x1b[?1h\x1b>",
    "application-keypad": b"\x1b[?1l\x1b=",
}
XTERM = [
    "xterm", "-name", "fixture", "-class", "XTerm", "-geometry", "80x24+0+0",
    "-tn", "xterm-256color",
    "-xrm", "XTerm*metaSendsEscape: true",
    "-xrm", "XTerm*altSendsEscape: true",
    "-xrm", "XTerm*eightBitInput: false",
    "-xrm", "XTerm*backarrowKey: false",          # Backspace sends DEL
    "-xrm", "XTerm*backarrowKeyIsErase: true",
    "-xrm", "XTerm*ptyInitialErase: true",
    # Xterm itself keeps no key (scrolling, paste, font size, full screen).
    "-xrm", "XTerm*VT100.translations: "
            "~Meta <KeyPress>: insert-seven-bit()\\n Meta <KeyPress>: insert-eight-bit()",
]
MODIFIERS = ["-", "shift", "alt", "ctrl", "shift+alt", "shift+ctrl", "alt+ctrl",
             "shift+alt+ctrl"]
SPECIAL = ["Up", "Down", "Left", "Right", "Home", "End", "Insert", "Delete",
           "PageUp", "PageDown"] + [f"F{n}" for n in range(1, 13)] + \
          ["Tab", "Return", "BackSpace", "Escape", "space"]
PRINTING = ["a", "z", "A"] + list("0123456789") + list("[]\\/-_@^.,")
NEEDS_SHIFT = {"A": "a", "_": "minus", "@": "2", "^": "6"}   # layout "us"
KEYSYM = {"PageUp": "Prior", "PageDown": "Next", "[": "bracketleft",
          "]": "bracketright", "\\": "backslash", "/": "slash", "-": "minus",
          ".": "period", ",": "comma"}
KEYPAD = [f"KP_{n}" for n in range(10)] + ["KP_Add", "KP_Subtract", "KP_Multiply",
          "KP_Divide", "KP_Decimal", "KP_Enter"]
# A keypad digit's keysym as the keymap names it with NumLock off.
KP_KEYSYM = {"KP_0": "KP_Insert", "KP_1": "KP_End", "KP_2": "KP_Down",
             "KP_3": "KP_Next", "KP_4": "KP_Left", "KP_5": "KP_Begin",
             "KP_6": "KP_Right", "KP_7": "KP_Home", "KP_8": "KP_Up",
             "KP_9": "KP_Prior", "KP_Decimal": "KP_Delete"}
MARK = b"q"


def child(path):
    """Inside xterm: raw mode; bytes from the socket to the terminal and back."""
    import select, tty
    tty.setraw(0)
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.sendall(b"!")
    while True:
        for f in select.select([0, s], [], [])[0]:
            data = os.read(0, 4096) if f == 0 else s.recv(4096)
            if not data:
                return
            s.sendall(data) if f == 0 else os.write(1, data)


def main():
    from Xlib import X, XK, display
    from Xlib.ext import xtest
    here = os.path.dirname(os.path.abspath(__file__))
    scratch = tempfile.mkdtemp()
    r, w = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(w), "-screen", "0",
                               "1024x768x24", "-nolisten", "tcp"], pass_fds=[w],
                              stderr=subprocess.DEVNULL)
    name = ":" + os.read(r, 16).decode().strip()
    env = {"DISPLAY": name, "PATH": os.environ["PATH"], "LANG": "C.UTF-8",
           "HOME": scratch}
    subprocess.run(["setxkbmap", "-model", "pc105", "-layout", "us"], env=env)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(scratch + "/s")
    listener.listen(1)
    term = subprocess.Popen(XTERM + ["-e", sys.executable, os.path.abspath(__file__),
                                     "--child", scratch + "/s"], env=env)
    try:
        s = listener.accept()[0]
        assert s.recv(1) == b"!"
        d = display.Display(name)
        code = lambda sym: d.keysym_to_keycode(XK.string_to_keysym(sym))
        mods = {"shift": code("Shift_L"), "alt": code("Alt_L"),
                "ctrl": code("Control_L")}
        d.sync()
        time.sleep(0.5)
        win = None
        while win is None:
            for c in d.screen().root.query_tree().children:
                if c.get_wm_class() and c.get_wm_class()[0] == "fixture":
                    win = c
            time.sleep(0.1)
        win.set_input_focus(X.RevertToParent, X.CurrentTime)
        d.sync()
        time.sleep(0.5)

        def press(*keycodes):
            for k in keycodes:
                xtest.fake_input(d, X.KeyPress, k)
            for k in reversed(keycodes):
                xtest.fake_input(d, X.KeyRelease, k)
            d.sync()

        def send(keycode, modifiers):
            press(*[mods[m] for m in modifiers], keycode)
            press(code("q"))
            got = b""
            s.settimeout(5)
            while not got.endswith(MARK):
                got += s.recv(4096)
            return got[:-1]

        send(code("a"), [])                     # warm up
        rows, left = [], []

        def record(mode, mod, key, keycode, held):
            a = send(keycode, held)
            b = send(keycode, held)             # twice: it must be stable
            assert a == b, (mode, mod, key, a, b)
            if a:
                rows.append((mode, mod, key, a.hex()))
            else:
                # The stock X keymap makes ctrl+alt+F1 and ctrl+alt+KP_Add requests
                # to the X server (switch console, next video mode).
                kept = mod.endswith("alt+ctrl") and "shift" not in mod and (
                    key[0] == "F" or key in KEYPAD[10:14])
                left.append((mode, mod, key, "the X keymap keeps this key for the X server "
                             "(XF86Switch_VT, XF86Next_VMode, ...): it sends nothing"
                             if kept else "xterm sends nothing"))

        for mode, seq in MODES.items():
            s.sendall(seq)
            time.sleep(0.3)
            keys = {"normal": SPECIAL + PRINTING, "application-cursor": SPECIAL,
                    "application-keypad": SPECIAL[:10] + ["Return"]}[mode]
            for key in keys:
                for mod in MODIFIERS:
                    held = [] if mod == "-" else mod.split("+")
                    base = key
                    if key in NEEDS_SHIFT:
                        if "shift" in held:
                            left.append((mode, mod, key, "the key needs shift by itself: "
                                        "same as the row without shift"))
                            continue
                        held, base = ["shift"] + held, NEEDS_SHIFT[key]
                    record(mode, mod, key, code(KEYSYM.get(base, base)), held)
            for numlock in (False, True):
                if numlock:
                    press(code("Num_Lock"))
                    time.sleep(0.2)
                for key in KEYPAD:
                    for mod in MODIFIERS:
                        held = [] if mod == "-" else mod.split("+")
                        label = "+".join(["numlock"] + held) if numlock else mod
                        record(mode, label, key, code(KP_KEYSYM.get(key, key)), held)
                if numlock:
                    press(code("Num_Lock"))
                    time.sleep(0.2)
        with open(here + "/../keys.tsv", "w") as f:
            f.writelines("\t".join(r) + "\n" for r in rows)
        with open(here + "/../keys-left-out.txt", "w") as f:
            f.write("# mode<TAB>modifiers<TAB>key<TAB>why\n")
            f.writelines("\t".join(r) + "\n" for r in left)
        print(len(rows), "rows,", len(left), "left out")
        d.close()
    finally:
        for p in (term, server):
            p.terminate()
            p.wait()
        subprocess.run(["rm", "-r", scratch])


if __name__ == "__main__":
    child(sys.argv[2]) if sys.argv[1:2] == ["--child"] else main()
