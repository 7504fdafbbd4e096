import hashlib, json, pathlib, sys  # the whole check of a journal: python3 chain_check.py s.journal
chain = []
for segment in sorted(pathlib.Path(sys.argv[1]).glob("*.jsonl")):
    for line in filter(None, segment.read_text("utf-8", "replace").split("\n")):
        before, found, rest = line.rpartition(',"hash":"')
        if not found or hashlib.sha256(before.encode()).hexdigest() + '"}' != rest:
            break  # a torn line and what lies behind it were never acknowledged, or a later segment would not fit
        fact = json.loads(line)
        chain = [link for link in chain if link["n"] < fact["n"]]  # a later segment names the line that it follows
        assert fact["n"] == len(chain) and fact["prev"] == (chain[-1]["hash"] if chain else "0" * 64), line
        chain.append(fact)
assert not chain or max(fact["ack"] for fact in chain) < len(chain), "acknowledged lines are missing"
print(len(chain), "lines, head", chain[-1]["hash"] if chain else "none")
