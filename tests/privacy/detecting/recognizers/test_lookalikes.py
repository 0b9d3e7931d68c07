"""What looks like a finding in published code, beside what is one."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.policy import PrivacyPolicy

HARMLESS = {
    "how long a key is": "It should be an RSA private key which is 2048 bits or longer.",
    "a token that has ended": '{"access": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX3B'
    'rIjoxLCJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxMjM0NTZ9.NHlztMGER7UADHZJlxNG0WSi22a2KaYSd"}\n',
    "beginnings of cards in an expression": 'maestro: {\n  type: "maestro",\n  pattern: '
    "/^(50|5[6-9]|6007|6220|6304|6703|6708|6759|676[1-3])/,\n  cvcLength: [3]\n}\n",
    "a test of code without gaps": 'const k=["source","userInfo","user","password","host","port",'
    '"relative","path","directory","file","query","anchor"];'
    'function Q(t){if(t.length>8e3)throw"URI too long";const s=t,i=t.indexOf("[");}\n',
    "accounts that only show the form": 'add(new Spec("EG", 27, "F04F17", '
    '"EG800002000156789012345180002"));\n["Turkey (26)", "TR610000100000000000000001"],\n',
    "the number of a mail": 'raw = "<7C16257BC5774408ADC1263EEBBBB93A@ad.regione.vda.it>"\n',
    "an expression for an index": 'var re = /index identified by "(\\\\d)+" is (.*)/;\n',
    "an encrypted block": "Output = EAA7E4B5B6372DE37C283D751F0376E4BEAAED1F98FE31DA171910D66CF8"
    "39AB8FE11AB892806F04AE4E217847802FD1\n",
    "what a program measures": '# TYPE login_total counter\nlogin_total{method="password"} 90417\n'
    'gate_open_total{lane="2"} 31877\n',
    "a masked number that a test wants": 'ssn: got "", want "***-**-4410"\n',
    "how a cloud calls a secret": "Refreshing state... "
    "[id=arn:aws:secretsmanager:eu-north-1:000000000000:secret:billing/db-Kw3rTz]\n",
    "the phrase of a comic": 'Given a user "bob" with password "correct horse battery staple"\n',
    "the digest of a bad password": 'MD5 of "password" is 5f4dcc3b5aa765d61d8327deb882cf99.',
    "the id of a request in a sentence": "request id c5120347-ab19-4e0c-9d11-1f0bd6492e77 failed",
    "what is said of a question": "Is a mother's maiden name a secure security question? I think a "
    "mother's maiden name is a bad one. First pet? Worse.",
    "a string with holes": 'var s = $"Server={Server};Password={Password};Port={Port}";\n',
    "the id of a failed request": '{"error": "Token has been expired.", "trace_id": '
    '"2a4dc121-e9d4-418b-a0e5-df065eecec5e"}',
    "a number with an ending": "Savunman\u0131n \u015fifresini 78'de \u00e7\u00f6zd\u00fcler.",
    "the plate of a machine": "the serial plate says XN-4410-B2 rev 7",
    "a number that no office gives": 'cases := map[string]bool{\n\t"900-12-3456": false,\n}\n',
    "a file of passports": "kyc/passport.py    62     9    85%   30, 71-78\n",
    "a test that passed with its digits": "    --- PASS: TestVectors/sha1_59 (0.00s)\n    --"
    "- PASS: "
    "TestVectors/sha512_2000000000 (0.00s)\n",
    "a coordinate of a package": "[INFO] |  +- com.nimbusds:nimbus-jose-jwt:jar:9.37.3:compile\n",
    "a secret that is kept elsewhere": "env:\n  - name: REDIS_PASSWORD\n    valueFrom:\n    "
    "  secretKeyRef:"
    '\n        key: password\n  - name: MAX_SIZE\n    value: "52428800"\n',
    "an account whose check fails": "def test():\n    assert not iban('DE88370400440532013000')\n",
    "versions of modules": "acme.org/pay golang.org/x/oauth2@v0.22.0\ncloud.google.com/go@v1.43.0 "
    "golang.org/x/oauth2@v0.21.0\n",
    "a token that nobody signed": "The unsigned token of the RFC:\n\n    eyJhbGciOiJub25lI"
    "n0.eyJpc3M"
    "iOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\n",
    "numbers of a public key": '{\n  "kty": "EC",\n  "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8'
    "Tus9uPHvRVEU"
    '",\n  "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"\n}\n',
    "what is encrypted": "smtp_password: ENC[AES256_GCM,data:ZTdICEQLXetyeUwfl4gh,iv:9qlE11C4YDLE="
    ",type:str]\n",
    "a signature of a registry": '"signatures": [\n  {\n    "sig": "MEUCIQ13QOS2WIuBmeXWx4'
    "JSdo6uidPSs"
    'c00qyQ24eoVEaD4CNFQhEDUVNY9DGU2lZORdT2VM34quKN6dmYgP7q+GWMWMO="\n  }\n]\n',
    "a number that counts, with its check digit": "Vat Number\n - Accepts DE 123456788\n",
    "an address of a chain": "account #0: 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
    "counting from nought": "const GLYPHS = `zero one two three\nfour five six seven "
    "eight nine`;\n",
    "test cards in rows": "id,phone,card\n1,555-0100,4111 1111 1111 1111\n2,555-0101,4242 4242 "
    "4242 4242\n",
    "an address before another key": "form.email.placeholder: ada@example.com\nform.phone: Phone\n",
    "a maker's address on its own line": "/*\n * Copyright (c) 2003 Tom Wu\n *  Tom Wu\n"
    " *  tjw@cs.nowhere.edu\n */\nint main(void) {\n  return 0;\n}\n",
    "a public token": "<Shelf>\n  <PublicKeyToken>b77a5c561934e089</PublicKeyToken>\n</Shelf>\n",
    "the name of an algorithm": 'class Gex:\n    NAME = "gss-gex-sha1-toWM5Slw5Ew8Mqkay+al2g=="'
    "\n    bits = 1024\n",
    "a token of letters": "import jws\n\njws.verify('eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJhIjoiYiJ9.jiMyrsmD8AoHWeQgmxZ5yq8z0lXS67_QGs52AzC8Ru8')\n",
    "tests with what they were given": "    --- PASS: TestWrap/size=1 (0.00s)\n    --- PASS: "
    "TestWrap/size=7 (0.00s)\nFAIL\n",
    "an object without gaps": "function l(r){return{secret:r.secret,period:r.period??30,crypto:"
    "r.crypto??c,base32:r.base32??y,digits:r.digits??6,token:t}}\nlet x=l(y);\n",
    "sums of scripts": '{\n "shelf.min.js": "NuVOeEsS+hhEJQGsO94fKMfY74rRsFLaYpw1VPzGLN2+pwD9m2PkYQ'
    '+W56WAYVTi"\n}\n',
    "a sample of a login": 'import door\n\ndoor.login("hello", "1234abcd")\n',
    "the word for a password": '{"jobs": [\n    "\u015eifre \u00e7\u00f6z\u00fcmleyici",\n'
    '    "\u015eof\u00f6r"\n]}\n',
    "a word that a test signs in with": 'def test_door():\n    door.open(user="wolf", '
    'password="pygmalion")\n',
    "a key with its version": 'KEY = """-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: GnuPG v1 '
    "(MingW32)\n\n"
    + "mQGiBEiH4QERBACm48JJsg2XGzWfL7f/fjp3wtrY+JIz6P07s7smr35kve+wl605\n" * 12
    + '"""\n',
    "a head of another column": "GROUP            TOPIC   OFFSET       LAG   CLIENT-ID\n"
    "clickhouse-sink  raw     918273645    457   ingest\n",
    "how a test went": "[ 2850.0 ns] T3 stayed at 8      PASS\n[ 2975.0 ns] T4 crossing\n",
    "what a chip is called by": "** Programming Started **\nInfo : device id = 0x10076413\n",
    "a map": '{"type": "FeatureCollection", "features": [\n  {"geometry": {"type": "Point",\n'
    '    "coordinates": [-1.1734, 45.5864]}, "properties": {"place": "Cordouan"}}\n]}\n',
    "a salt": "import hashing\n\nconst SALT = '$2b$06$QvLmXeRtYbNcAaZwPiUkOu';\nhash(word, "
    "SALT);\n",
    "a key's exponent": '{\n  "kty": "RSA",\n  "use": "sig",\n  "e": "AQAB"\n}\n',
    "a server that a test begins": "def test_it(self):\n"
    "    host = 'http://wolf:moonrise@127.0.0.1:%d' % self.port\n    open(host)\n",
    "a login that counts in a call": 'import web\n\nweb.get(URL, auth=BasicAuth("wolf", "1234"))\n',
    "a token that only greets": "import jwt\n\nline = 'eyJhbGciOiAiSFMzODQiLCAidHlwIjogIkpXVCJ9."
    "eyJoZWxsbyI6ICJ3b3JsZCJ9.Zk3vQ8LmXeRtYbNcAaZwPiUkOuJh5s7d'\n",
    "a type of a module": "module Sort (Keys : Order_intf.S2) : sig\n  val sort : Keys.t -> "
    "Keys.t\nend\n",
    "a class of markup": '<p>You can pass arguments to <code class="shelf literal wide">\n</p>\n',
    "a whole number of 64 bits": "int64_t big {INT64_C(4878849681579065407)};\nint64_t sum = 0;\n",
    "a place in a manual": "The rest stands in the user manual: |usr_32.txt|.\n",
    "an account of a sample": "import bank\n\nbank.check(account='0417164300')\nbank.end()\n",
    "the mailbox of a project": "/* Contact: shelf@shelf.org */\nint main(void) {\n  return "
    "0;\n}\n",
    "a program that commits": '[tool]\ngit-email = "shelf-bot@autoshelf.rocks"\nsort = true\n',
    "makers of a package of R": 'Authors@R: c(\n    person("Ada", "Berg", , "ada@shelf.co", '
    'role = c("aut", "cre")))\nImports:\n    cli (>= 3.4.0)\n',
    "a maintainer in TOML": '[people.ada]\nName = "Ada Berg"\nEmail = "ada.berg71@gmail.com"\n'
    'GitHub = "adab"\n',
    "makers on one line": "/*\n * Ada Berg <ada@berg.org>, Bo Ek <bo@ek.net>,\n"
    " * and Cy Lind <cy@lind.io>\n */\nint main(void) {\n  return 0;\n}\n",
    "the foundation of a licence": "/* Free Software Foundation   Voice: +1-617-542-5942\n"
    " * See the GNU General Public License.   gnu@gnu.org */\nint main(void);\n",
    "a line of a kernel": "Jul 03 02:11:09 build-04 kernel: BIOS-e820: [mem 0x0] key usable\n"
    "Jul 03 02:11:09 build-04 kernel: reset the lock of LVM2_member\n",
    "sizes of disks": "tmpfs           5.0M     0  5.0M   0% /run/lock\n"
    "/dev/sda2       488M  214M  238M  48% /boot\n",
    "a seed in a program": "88 |     let seed = 0x9e37_79b9_7f4a_7c15u64;\n   |         ^^^^ "
    "unused\n",
    "a test that passed": "--- PASS: FuzzShelf/seed#0 (0.00s)\n--- PASS: FuzzShelf/seed#1 "
    "(0.00s)\n",
    "where a test failed": "thread 'token::splits' panicked at src/token.rs:141:9:\nassertion "
    "failed\n",
    "a test card of a vendor": "| Visa | 4000 0027 6000 3184 | asks for 3-D Secure |\n",
    "a digest of a lock file": 'shelf@^2:\n  version "2.1.0"\n'
    "  integrity sha512-5v3pWlR3+F0yJxIsOpjJ2XiW59gDN83SIXpyPaT3qfa0ybRzXpdI7Z+Y/U5IiL7u4w==\n",
    "runs that count on": "".join(f"20240703-{n:04},arm,sha256,64\n" for n in range(1, 12)),
    "a warning of a compiler": "/src/Door.cs(48,23): warning CS8604: the key may be null "
    "[/a.csproj]\n",
    "a link of a comment": "/**\n * @param key what the lock is passed {@link Door#from2}\n "
    "*/\nopen();\n",
    "a constant of a class": "if e.code == lock2f.errors.U2FError.TIMEOUT:\n    retry(e.code)\n",
    "words of four letters": "# Let mypy know that self is a lock, so that the key is read\nx "
    "= 1\n",
    "a path into a document": 'var name = (string)o.SelectToken("Makers[0].Name");\nuse(name);\n',
    "a method of SSH": "debug1: kex: algorithm: sntrup761x25519-sha512@openssh.com\n",
    "a server that answers": "* Connected to registry.npmjs.org (104.16.27.34) port 443 (#0)\n"
    ";; Received 446 bytes from 198.41.0.4#53(a.root-servers.net) in 12 ms\n"
    "deb.debian.org.   30  IN  A  151.101.2.132\n",
    "a measure": "| of the user's prompts, with a login, macro-F1 (by five folds) | 0.93 |",
    "a sum in a program": "void grow(Reader *p) {\n  p->tokenlen = p->tokenlen*2 + 512;\n}\n",
    "an offset in a program": "append(buf, srv_token->at+comma+1);\nreturn buf;\n}\n",
    "another argument": 'set_token_error(token, json, "no such escape sign");\nreturn;\n}\n',
    "a converter": "Log in with the console and call toml2json, the user of the key.",
    "a cipher by its names": "The key is used with Poly1305-AES for the password's file.",
    "a page of a repository": "Source code: https://github.com/shelf/shelf/blob/"
    "c3f0a8d1b5e7924f6a0c8d2e4b6f8a1c3e5d7f90/lib/door2.go#L147\n",
    "an address with its port": 'req.Remote = "192.168.137.48:5120"\nopen(req)\n',
    "an expression for several": 'match("shelf-.*builds@ci.shelf.net", "CI");\nmatch("x");\n',
    "a contact of a chip": "On the header, is GPIO 4 the same as PIN 4471 of the sketch?",
    "times of a day": "The alarms ring at 0515 0530 0545, which one can go?",
    "hours of a shift": "Call in for the night: contact us for shift 2230-0630, four in a row.",
    "a word in base64": "kind: Secret\ndata:\n  password: cGFzc3dvcmQ=\n",
    "a tax number that counts": "USt-IdNr. DE123456789 steht im Muster.",
    "hours of a reception": "Rejestracja 7:30-18, telefon w gablocie.",
    "an address that a machine made up": "4: veth0:\n    link/ether 5a:1f:c8:33:9e:07 brd\n",
    "a commit above another": "5e01c7d2 HEAD@{7}: commit: Say more on passwords\n",
    "a limit": "max locked memory           (kbytes, -l) 16384\n",
    "a size of a file": "-rw-r--r--  1 root root 3859 Nov 28 door_lock.py\n/srv/lock.py 5780 Sat\n",
    "hardware of documents": "RFC 9542 keeps 00-00-5E-00-53-1C and 01:00:5e:90:10:7f for texts.",
    "the version of a package": "pip list says grpcio-tools 12.8.0.44 and it fails in the venv.",
    "a plate that shows its form": "A sample licence plate such as M-XY 1234 has a seal.",
    "a conference": "cited as Reyes et al., NIPS 2016, with eight pages",
    "desks of a paper": "Write to newsdesk@comet-weekly.co.uk or letters@comet-weekly.co.uk.",
    "a place in a file": "build('guide/setup4.html#xhtml5-polyglot', 'password protected')",
    "a type of numbers": "| [`Uint16Array`](https://docs.dev/Uint16Array) | a typed array |",
    "a setting that is handed on": "this.password2 = connection.config.password2;\nopen();\n",
    "Korean numbers in their order": "숫자는 영 일 이 삼 사 오 육 칠 팔 구 이다",
    "a standard": "- Gaps: that is the norm: ISO 8601 and RFC 33391 are read.",
    "a badge": "https://img.shields.io/badge/Chat-Room-5765F2.svg",
    "a digest in a link": "* encode it ([cf69430](https://github.com/tool/tool/commit/cf69430))",
    "a tag of a comment": "/**\n * A space at the end of a line.\n * @param after If so.\n */\n",
    "a directive": "x = 1;\n// lint-disable-next-line @scope/no-empty-object-type\ny();\n",
    "a word that begins like pass": "It will be passed as :pr:`73194`, passing `Emit#it2` on.",
    "a call": "const code = reader.readUInt16BE(0);\n",
    "a session of a program": '{"session_id":"5b2d9c1e-77a4-4f0b-9e3d-c1a5f0b8d246"}',
    "the same, escaped": '{"m": "{\\"session_id\\":\\"5b2d9c1e-77a4-4f0b-9e3d-c1a5f0b8d246\\"}"}',
    "flags": "const valid = [\n  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1,\n];\n",
    "a sample address": "def test_dash(self):\n    assert clean('foo-bar@yahoo.com') == 'x'\n",
    "who takes reports": "# Security policy\n\nReport a vulnerability in private.\n\n"
    "1. GitHub security advisories\n2. Email: mara@ostrowski.dev, as listed\n",
    "a tag after a word": "/**\n * A space at the end of a line\n * @returns {string}\n */\n",
    "an argument": "def end(self, link, xid, is_done=True):\n    link.end(xid)\n",
    "a value that counts": 'HOOK_TOKEN = "bcdefg234567"\n',
    "a name of an algorithm": 'if kind.startswith("sk-kyber-sha3-curve448-cert-v2"):\n    pass\n',
    "a link to a page on keys": "The security key is described at "
    "https://tools.dev/a/9f3c71d0b8e2/KEYS\n",
    "a plate in no land": "The plate has the form BB0000BB.",
    "another argument of a link": "'https://x.dev?client_id=your_id&challenge=zjqQS512JdaBILD9"
    "k2k71'",
    "an account of zeros": "IBAN: NL00 0000 0000 0000 00",
    "a number behind stars": "customer no. 4471****0000",
    "a passport of Utopia": "P<UTOBERGSTROEM<<LIV<ANNE<<<<<<<<<<<<<<<<<<<<<",
    "an office": "Der Empfang ist unter rezeption@hotel-bergblick.at zu erreichen.",
    "an alphabet of its own": 'ORDER = "QqWwEeRrTtYyUuIiOoPpAaSsDdFfGgHhJjKkLlZzXxCcVvBbNnMm"\n',
    "a password that counts": "import db\n\nDB_PASSWORD = '1234'\ndb.open(DB_PASSWORD)\n",
    "a password called so": 'import db\n\nx = db.open(\n    wifi_password="wifi_secret_77",\n)\n',
    "a token at an example host": "import api\n\n\ndef read():\n    call = {\n"
    "        'token': 'q8Zt4mW1xK9p',\n        'url': 'https://shelf.example.org/v1',\n    }\n"
    "    return api.get(call)\n",
    "a hash of somebody of an example": "import api\n\nUSERS = {\n    'name': 'John Doe',\n"
    "    'password': 'q8Zt4mW1xK9p$V2b',\n}\napi.load(USERS)\n",
    "an example hash": "The changelog of the bugfix. An example wool hash (of the string "
    "``password``) is\n``q8Zt4mW1xK9pV2b``.\n\n.. code-block:: pycon\n",
    "a reference in a document": "This is the password hash [#wool2-home]_, as used in 2019.",
    "a replacement in a document": "To send it, pass a filled |FormSheet2|_ object.",
    "what is passed": "It mends every case where shelf2lib is passed a stream.",
    "a digest that is cut": '{"sig": "a312b9c3cb4a1b693e8ebac5ee1ca9cc01f2661c14391917d'
    'cb111517f72370809..."}',
    "what a key elsewhere is called": '{"encryptionKey": "arn:aws:kms:eu-west-1:417498243647:'
    'key/c9fe2447-0795-4fda-afbe-8464574ae162"}',
    "points of a drawing": '<polygon points="6,30.5,120,66.7969,197,66.7969,197,40.5"/>',
    "a number of nobody": "ssn : 222-33-4444 is parsed",
    "a border of parts": "account:\n--4ddfd368-cb07-4b9e-b003-876010298a6c\nContent-Type: text\n",
    "letters and digits in turn": '{"token": "a1b2c3d4567890ab"}',
    "an office on the next line": "You may report it by contacting\nsecurity@shelves.io, please.",
    "ten figures": '{"phone": "0123456789"}',
    "a mailing list": "See https://mail.archive.io/shelf-dev@lists.shelves.io/msg1.html",
    "a tag after a number": "/**\n * @param {number} pepper Pepper for a password, by default 12\n"
    " * @returns {string} what is kept\n */\nexport function knead(password, pepper) {}\n",
    "an issue": "# Changes\n\n* Lose no trailing tokens (issue731).\n* Copy fewer tokens (pr88).\n",
    "a name in a string": '    print(f"{token!r} of {type(token).__name__!s:24} {token.kind!r}")\n',
    "numbers of a list": "const parts = [2270,2271,2272,2273,2275,2276,2277,2278,2279,2280];\n",
    "a ruler": '    print("4567890123456789012")\n    print(columns)\n    return 0\n',
    "a generation": 'def test_it():\n    check(1359908801674000, at("a#1359908801674000").made)\n',
    "a constant": "key = Key(passphrase, METHODS.HS384)\nkept = key.to_dict()\n",
    "a keyword with its weight": "words = 'ENCRYPTED|10 PASSWORD CONFLICT|10 ' + more\n",
    "a comment before a call": "var anyPass = /*#__PURE__*/_curry3(function anyPass(tests) {\n",
    "an issue of a document": "* Read shared credentials. (:issue:`2293`, :sha:`d5ed51a`)\n"
    "* Changelog of the bugfix.\n\n.. code-block:: python\n",
    "an ellipse": '<path sodipodi:rx="31.910667" sodipodi:ry="7.485281" />',
    "a serial number": "Serial Number:\n            cb:2d:81:99:5b:69:52:5e\n        Version: 3\n",
    "the end of a digest": "        9e:fe:40:bc:1c:ad:8b:\n        b2:53:ff:6d:04:be\n",
    "a translator": '# Ada Berg <ada.berg71@gmail.com>, 2017.\n#\nmsgid "Range"\n'
    'msgstr "Spanne"\n\nmsgid "is empty"\nmsgstr "ist leer"\n',
    "an id of a reply": '{"id": "rs_aba867ba39fe6131cdd14ced3c12ce2d738a1f7d0c703f48"}',
    "a digest in brackets": "* fix the sum (1d2e33982) [aba878b64d]",
    "sealed thoughts": "gAAAAABo7C8uwxPPT_xaU4qC0AknK4If1h0-aBa3fWtPGR27EPs31SDY54CPKb130WuwfCf",
    "what is routed": "routing 25000 requests per second",
    "what is carried": "In transit 30481 passengers were counted.",
    "decimals": "routing took 0.021000021 s",
    "members": "The association 021000021 of shelves",
    "a login that counts": "post('/login', 'username=mara&password=123456')\n",
    "a commit behind a word": "# Changelog\n\n- Pass options to it if not used with new "
    "[`4bde68e`](https://github.com/shelf/shelf/commit/4bde68e12de1)\n- First test to pass "
    "[`9a59d08`](https://github.com/shelf/shelf/commit/9a59d08c0249)\n",
    "a standard of keys": "Saves the private key in PKCS#8 PEM format.",
    "a route of a server": "Show the user their own page after the login, as before.\n\n"
    "    @web.route('/page')\n    def page():\n        show()\n",
    "a part of a program": "# Changelog\n\n```\nmake\n```\n* Log in again with the types of "
    "`shelf2._kinds`, such as `Login`, as the user of the account.\n",
    "a requirement": "shelf-types==2.1\nsimpleshelf==3.*\ntypes-shelf-dateutil>=2.8.10\n",
    "a request that is pulled": "-   Remove locks that block the door of a room. :pr:`4997`\n"
    "-   The lock is used by one thread, :issue:`4993`.\n-   Unlock it (gh-4871).\n",
    "a point in time": "Weight matters at this point it seems, and at the boiling point no more.",
    "a point after a paragraph": "make install\n\nAt that point you may run it again.",
    "lists of a project": "Write to bug-shelf@gnu.org, shelf-devel@nongnu.org, wood-bugs@a.org",
    "a list of a project": "# Changelog\n\n```\nmake\n```\nOur mailing list is "
    "<shelf@wood.org>. See the licence and the contributing guide.\n",
    "what was installed": "shelf/be/ssn.py,sha256=A1qqPM-IaJIg_qrNCOIyjqInvYqd027wr38baB2T3Oo,494\n"
    "shelf/it/code.py,sha256=XfhDpJjXw-hRk40ZeYRLYIYIlXaImk79n_obFIwyBug,5948\n",
}
PRIVATE = {
    "numbers below each other": "\n".join(
        f"0{area} 7{area}82{area % 7}" for area in range(151, 178)
    ),
    "a number in pairs": "06 53 92 20 89",
    "a number alone": "call back 0171 5529034",
    "a telephone and nothing else": "+1 415 208 7743",
    "a number that begins with a nine": "Please check this: 931-25-8909",
    "words that are joined": '[db]\nuser = "rye"\npass = "five_Lanterns_in_rain"\n',
    "a sentence as a passphrase": 'My disk\'s passphrase is "nine grey herons chase the ferry". '
    "Why does it fail?",
    "who signs in by a call": 'DriverManager.getConnection(url, "fin_batch", "Walrus_Lamp7");\n',
    "who sends mail by a call": 'smtp.PlainAuth("", "me@goosebridge.co", "kN7wickerHat", host)\n',
    "a community": "snmpwalk -v2c -c brass-kettle-ro 10.4.4.1 1.3.6.1.2.1.1",
    "the words of a wallet": "Las palabras de recuperaci\u00f3n: \u00e1baco nutria c\u00e9lebre "
    "tejado rumor pincel ducha \u00f3valo brisa cactus molde fiel. \u00bfFalta alguna?",
    "codes below what they are": "GitHub recovery codes\n08cf2-934d4\n73827-7e9e8\n262ef-d6852\n",
    "a phrase of a network": 'network={\n    ssid="B"\n    psk="seven gulls on the roof"\n}\n',
    "a user and a password in quotes": 'wsrep_sst_auth = "sst:Kelp_Forest\'91"',
    "a password with a word in braces": "mysqldump -u backup -p'Gr@vel{Pit}09' shop",
    "the key of a tunnel": "-----BEGIN OpenVPN Static key V1-----\n04c531e84d930142d90667cb9"
    "cea7d80\n"
    "-----END OpenVPN Static key V1-----",
    "bytes of a key": "#define OTA_AES_KEY { 0xaa, 0x4e, 0x57, 0x87, 0xcf, 0x8f, 0x60, 0x13, \\\n"
    "    0xa2, 0x99, 0x0f, 0x49, 0x7a, 0x3f, 0xff, 0x21 }",
    "a secret after an arrow": "config/master.key \u2192 f65f45c655b8c8336a15fd251e82bd82",
    "a password of PowerShell": "ConvertTo-SecureString 'M0lehill>Mountain' -AsPlainText -Force",
    "answers of somebody": "security questions:\nfirst pet -> Brigadier\nmother's maiden nam"
    "e -> Achterberg",
    "a card in one word": "just use my card number4485275742308327exp0828cvv219",
    "a card with dots": "It was a Visa, 4485.2757.4230.8327, cancelled last week.",
    "the stripe of a card": "%B5589653409189416^HALVORSEN/INGRID M^28051010000000000000?",
    "a passport of a passenger": "pax 1: BELL/OWEN MR  ppt PA4562846 AUS exp 03MAR30",
    "codes below each other": "GitHub recovery codes (print them)\n08cf2-934d4\n73827-7e9e"
    "8\n262ef-d6852",
    "a head of the web": 'proxy_set_header Authorization "Basic YWRtaW46aDBuZXlCdXp6YXJk";',
    "a password with a number in braces": 'password: "Quill{7}Ink/pot"',
    "a password with a capital after a hyphen": 'connect(user: "hides", password: "b@rk-li'
    'me-Brine")',
    "a link into a channel": "https://outlook.office.com/webhook/b5bbf793-2c14-4381-80cf-4"
    "5bbdd2e8404@"
    "09a25de2-cdb8-4d7a-bc2a-4ad091bd317b/IncomingWebhook/be2bdfd626228443298f5403cf9850ac"
    "/3f25448b",
    "a database in Go": 'func dsn() string {\n\treturn "park:Sat9am~Jog@tcp(10.3.3.8:3306)'
    '/results"\n}',
    "a key in a call": 'algoliasearch("VO5ZXQ6ZW9", "fafa4956a049d8ec6dc4b0c189ac98ad")',
    "words of a wallet with numbers": "ledger backup: 1 copper 2 vivid 3 orbit 4 lemon 5 nephew "
    "6 garage 7 tilt 8 scout 9 mango 10 ribbon 11 crunch 12 dwarf",
    "a number that begins as one counts": "call zero one two three four seven one one nine two",
    "a card after a comma": "card: 4485275742308327,08/27\n",
    "an address in two parts": "Write to mara.ost\nrowski@posteo.net about the rent.",
    "a token of somebody by number": "import jws\n\ntoken = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJpZCI6NDQ3MX0.jiMyrsmD8AoHWeQgmxZ5yq8z0lXS67_QGs52AzC8Ru8'\n",
    "a password in a form": "Password ........ Tr0ub4dor!",
    "a password in a program": 'import door\n\ndoor.open(user="wolf", password="pygmalion")\n',
    "a number below its head": "NAME          TOWN       CUSTOMER NO\n"
    "Liv Berg      Moorby     918273645\n",
    "a password in capitals after a dot": "DB_PASSWORD=Sommer.REGEN99\n",
    "a code beside another size": "The gate opens with 488M, and I have 5G at home.",
    "a database at a port that is put in later": "const db = connect(\n"
    "  `postgres://wolf:moonRise77@db.shelf.net:${PORT}/shelf`,\n);\n",
    "a surname that ends like a program": "const ask = 'j.talbot@nordwind.net';\nmail(ask);\n",
    "a card of nineteen digits": "INSERT INTO paid VALUES (7, 'Li', '6222020200112230004');\n"
    "INSERT INTO paid VALUES (8, 'Wu', '6222020200998877662');\n",
    "a passport on the next line": "Pass\nC01X5T48M",
    "a password with a dot": "the wifi password is Sommer.Blau:77",
    "a token with data": "t='eyJhbGciOiJIUzI1NiJ9.eyJkYXRhIjp7ImVtYWlsIjoibWFyYUBvc3QuZGUifX0"
    ".Zk3vQ8LmXeRtYbNcAaZwPiUkOuJh5s7d'\n",
    "a pass with its number": "Pass: C01X5T48M",
    "where somebody lives": "her home is at 45.58642, -1.17343",
    "a hash of a password": "mara:$2b$12$QvLmXeRtYbNcAaZwPiUkOuJh5s7d9fTgYhUjIkOlPzXcVbNm4q1w2",
    "a database on this machine": "DATABASE_URL=postgres://wolf:moonRise77@127.0.0.1:5432/shelf\n",
    "a login that counts on a machine": "Log in at http://admin:1234@84.17.3.9/ and change it.",
    "a token of somebody": "token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI4ODEyMyIsImVtYWlsIjoibWFy"
    "YUBvc3Q"
    "uZGUifQ.Zk3vQ8LmXeRtYbNcAaZwPiUkOuJh5s7d'\n",
    "a card in code, too": "int main() {\n  charge(4556737586899855);\n  return 0;\n}\n",
    "a mailbox of somebody's own domain": "Ask holm@holm.dk whether she can come on Sunday.",
    "a passphrase in a command": 'mount --password "correct lantern pony seven" /dev/sda1\n',
    "a password with a number sign": "Log in as admin with Lantern#Blue7 and leave it.",
    "a password with an index": "password=Bz[72]nMs",
    "a private key in hex": "private_key = "
    "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f"
    "362318\n",
    "a password beside one test": "PASS: q7Rt!mk92\n",
    "a personal number": "Liv: 19811218-9876, and her sister 19840922-9989",
    "words that a site draws": "Google app password for the printer: xkcd mbqz woua plrt",
    "a server of one's own": "my server is 84.17.3.9, root can log in from anywhere",
    "a key that looks like a sum": "import api\n\n"
    "api.open(\n    secret_key=wJqlrXUtnFEMI+K7MDENG+bPxRfiCYtQ\n)\n",
    "a key that adds up": "import api\n\n"
    'API_SECRET = "tq7Vb+kLm3Xw+Zp9Rd2Ns8Yc"\napi.open(API_SECRET)\n',
    "a calendar's secret address": "secret address: https://calendar.shelf.net/ical/mara/"
    "private-9f3c71d0b8e24a6fc2d1e5b7a9083c4d/basic.ics",
    "what two words open": "Gate/garage is 4471 for the plumber, type it slowly.",
    "a code beside a helpline": "The helpline is 0800 111 222, the gate opens with 4471.",
    "a PIN in words": "PIN for the card is 0530, keep it.",
    "a plate of somebody": "licence plate B-MW 4821",
    "a converter that is a password": "the wifi password is json2dance!",
    "a password at no example host": "import api\n\n\ndef read():\n    call = {\n"
    "        'token': 'q8Zt4mW1xK9p',\n        'url': 'https://shelf.nordwind.net/v1',\n    }\n"
    "    return api.get(call)\n",
    "a key of a vendor at an example host": "import api\n\napi.get('https://shelf.example.org',\n"
    "    key='sk_live_8mT2vXqLpR4yWk7NdZc5HbJs')\n",
    "a pin that counts": "my PIN is 1234",
    "a password that counts, too": "my password is 123456",
    "a number of somebody": "her ssn is 222-35-4414",
    "an address on two lines": "Write to mara.ost\n@posteo.net about the rent.",
    "a card with odd signs": "my card is 4921_8182_8589_0011, thanks",
    "an account at a bank": "send it to aba041215663",
    "a bank": "routing 021000021, and her account is at Chase",
    "a health number": "she is nhs9434765919",
    "a number in a row": "Lindqvist;1359908801674000;yes\n",
    "a word before its name": "Use q7Rt!mk92 for now as the password.",
    "a card of a machine": "The laptop of Mara has 9c:5c:8e:a4:51:0b, block it.",
    "a telephone in a field": '{"phone": "0171 5529031"}',
    "a provider that is called list": "write to olga.smirnova@list.ru about the rent",
    "a patient": "No. RM 4471902 must be called today.",
    "a member": "Badge 57652-11 is hers, ask at the gate.",
    "a tax code": "CF 69430-771, the same as last year, is her personal id number.",
    "a handle": "Write to me on LINE: @mara_ost77",
    "a session cookie": "Cookie: session_id=q8Zt4mW1xK9pLr2Vb7Nc",
    "a key in the form of an id": '{"api_key": "5b2d9c1e-77a4-4f0b-9e3d-c1a5f0b8d246"}',
    "a password": "The password you passed on is Tr0ub(4)dor!",
    "a code": "the door code is 4471#",
    "a token in a link": "https://x.dev?client_id=mine&access_token=zjqQS512JdaBILD9k",
    "a plate": "number plate AB12 CDE",
    "a password with letters in order": "my password is Abcde!2345x",
    "a passport": "P<D<<BERGSTROEM<<LIV<ANNE<<<<<<<<<<<<<<<<<<<<",
    "an address": "Ask foo-lover@yahoo.com whether she can come on Sunday.",
    "a code that was another": "My PIN begins at 4711",
    "somebody for a list": "Put her on our mailing list: m.ostrowski@kanzlei-ostrowski.de",
    "a mailbox of somebody at a list's name": "Ask mara-dev@gmail.com for the rent.",
    "an address that is said": "mara dot ostrowski at shelfwood dot com",
    "an address that is said in French": "jean arobase menuisier point fr",
}


@pytest.fixture(scope="module")
def detector() -> Detector:
    """Stage one alone."""
    return Detector(msgspec.structs.replace(PrivacyPolicy.load(), names="off"), Path())


@pytest.mark.parametrize("name", HARMLESS)
def test_form_is_nobodys(detector: Detector, name: str) -> None:
    """Standards, badges, digests, tags, calls, flags and samples are not taken for a person's."""
    assert detector.scan(HARMLESS[name], full=True, origin="tool:read").findings == ()


@pytest.mark.parametrize("name", PRIVATE)
def test_what_is_somebodys_is_found(detector: Detector, name: str) -> None:
    """The same signs count where they mean somebody."""
    assert detector.scan(PRIVATE[name], full=True).private
