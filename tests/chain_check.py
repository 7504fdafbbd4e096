import hashlib, json, pathlib, sys  # checks a journal: python3 tests/chain_check.py s.journal
chain, known = [], -1
for segment in sorted(pathlib.Path(sys.argv[1]).glob("*.jsonl")):
    torn = False  # a torn line and what lies behind it in its segment never counted; what it knows does
    for line in filter(None, segment.read_text("utf-8", "replace").split("\n")):
        before, _, rest = line.rpartition(',"hash":"')
        if hashlib.sha256(before.encode()).hexdigest() + '"}' != rest:
            torn = True
            continue
        fact = json.loads(line)
        known = max(known, fact["ack"])
        if not torn:
            del chain[fact["n"]:]  # a later segment names the line that it follows
            assert known < fact["n"] == len(chain) and fact["prev"] == ([f["hash"] for f in chain[-1:]] or ["0" * 64])[0], line
            chain.append(fact)
assert known < len(chain), f"line {known} was acknowledged, and the chain ends before {len(chain)}"
print(len(chain), "lines, head", chain[-1]["hash"] if chain else "none")
