import MigrationPlan

/// Findings about an entity's two tables as a whole, from their catalog entries alone.
struct TableChecks {
    var entity: EntityPlan

    private func finding(
        _ severity: Finding.Severity,
        _ code: String,
        _ text: String,
        hint: String? = nil
    ) -> Finding {
        Finding(severity, code, "\(self.entity.name): \(text)", hint: hint, at: self.entity.position)
    }

    /// What speaks against reading the base table.
    func findings(source table: CatalogTable) -> [Finding] {
        let missing = table.missingPrivileges.filter { ["USAGE", "SELECT"].contains($0) }
        var findings = self.privilegeFindings(table, missing, side: "source")
        if table.isRowSecured {
            let text = "row-level security would hide rows of \(table.sql) from the source's role"
            findings.append(
                self.finding(.error, "row-security", text, hint: "use a role with BYPASSRLS, or the table's owner")
            )
        }
        return findings + self.sourceKindFindings(table) + self.heirFindings(table)
    }

    /// Tables whose rows a SELECT from this one yields as well.
    private func heirFindings(_ table: CatalogTable) -> [Finding] {
        guard !table.heirs.isEmpty else { return [] }
        let text = """
            \(table.sql) is inherited by \(table.heirs.joined(separator: ", ")): their rows are read with its own, and its \
            keys may repeat in them
            """
        let hint = "a view over `SELECT * FROM ONLY \(table.sql)` leaves them out; a view with keys of its own has all"
        return [self.finding(.warning, "source-inherited", text, hint: hint)]
    }

    /// Sources that are no ordinary tables.
    private func sourceKindFindings(_ table: CatalogTable) -> [Finding] {
        switch table.kind {
        case "m", "f":
            let what = table.kind == "m" ? "a materialized view" : "a foreign table"
            // Neither can be locked: a REFRESH would leave the snapshot an empty table to read, and another server has
            // snapshots of its own.
            let text = "\(table.sql) is \(what), which the run's snapshot does not keep as it is"
            let hint = "name a table or an ordinary view in `from:`; a copy made with CREATE TABLE AS will do"
            return [self.finding(.error, "source-not-kept", text, hint: hint)]
        case "v":
            let text = "\(table.sql) is a view: its rows are counted by reading them all"
            let hint = "name the table in `from:`, use `query:` for the rest"
            return [self.finding(.warning, "source-not-table", text, hint: hint)]
        default:
            return []
        }
    }

    /// Privileges that the role lacks; without the first on the schema, the others can't be told.
    private func privilegeFindings(_ table: CatalogTable, _ missing: [String], side: String) -> [Finding] {
        let role = SQLText.identifier(table.role)
        // Run with a worker's role, the check would demand for it what only the coordinator needs.
        let other = side == "target" ? "; or check with the coordinator's role in GODWIT_TARGET" : ""
        if missing.contains("USAGE") {
            let text = "no USAGE on schema \(table.schema) of the \(side)"
            let hint = "GRANT USAGE ON SCHEMA \(SQLText.identifier(table.schema)) TO \(role)\(other)"
            return [self.finding(.error, "missing-privilege", text, hint: hint)]
        }
        guard !missing.isEmpty else { return [] }
        let privileges = missing.joined(separator: ", ")
        let text = "no \(privileges) on \(table.sql) of the \(side)"
        return [
            self.finding(
                .error,
                "missing-privilege",
                text,
                hint: "GRANT \(privileges) ON \(table.sql) TO \(role)\(other)"
            )
        ]
    }

    /// What speaks against writing the target table.
    func findings(target table: CatalogTable) -> [Finding] {
        var findings: [Finding] = []
        let kinds = ["p": "partitioned", "f": "a foreign table", "v": "a view", "m": "a materialized view"]
        if let kind = kinds[table.kind] {
            findings.append(
                self.finding(
                    .error,
                    "target-not-table",
                    "the target \(table.sql) is \(kind)",
                    hint: "name an ordinary table"
                )
            )
        }
        findings += self.privilegeFindings(table, table.missingPrivileges, side: "target")
        if table.isRowSecured {
            let text = "row-level security applies to the target's role on \(table.sql)"
            findings.append(
                self.finding(.error, "row-security", text, hint: "use a role with BYPASSRLS, or the table's owner")
            )
        }
        if !table.writeRules.isEmpty {
            let names = table.writeRules.joined(separator: ", ")
            findings.append(
                self.finding(
                    .error,
                    "target-rules",
                    "rules of \(table.sql) would send rows elsewhere, and only those that don't come by COPY: \(names)",
                    hint: "ALTER TABLE \(table.sql) DISABLE RULE … for the time of the run"
                )
            )
        }
        if self.entity.triggers == .suspend, !table.isOwned, table.triggers.contains(where: \.firesOnInsert) {
            let names = table.triggers.filter(\.firesOnInsert).map(\.name).joined(separator: ", ")
            let text = "\(table.sql) is not owned, so its triggers can't be suspended: \(names)"
            let hint = "write `triggers: keep` if they may fire for every row, or use the owner's role"
            findings.append(self.finding(.error, "foreign-triggers", text, hint: hint))
        }
        return findings + self.uniqueFindings(table) + self.legacyFindings(table)
    }

    /// Unique indexes that no rule of the plan decides about.
    private func uniqueFindings(_ table: CatalogTable) -> [Finding] {
        let keys = Set([self.entity.id, self.entity.legacy].compactMap { $0 })
        return table.uniqueIndexes.compactMap { index in
            let isDecided = self.entity.unique.contains { Set($0.columns).isSubset(of: index.columns) }
            guard !isDecided || index.hasExpressions, keys.isDisjoint(with: index.columns) else { return nil }
            let terms = (index.columns + (index.hasExpressions ? ["expressions"] : [])).joined(separator: ", ")
            let text =
                "\(table.sql) has the unique index \(index.name) on \(terms), and no `unique:` rule says who wins"
            return self.finding(
                .note,
                "undecided-unique",
                text,
                hint: "rows that clash are refused in the order of their arrival"
            )
        }
    }

    private func legacyFindings(_ table: CatalogTable) -> [Finding] {
        guard let legacy = self.entity.legacy, let column = table.column(named: legacy) else { return [] }
        var findings: [Finding] = []
        if !table.isUnique(legacy) {
            let hint = "CREATE UNIQUE INDEX ON \(table.sql) (\(SQLText.identifier(legacy)))"
            let text =
                "\(legacy) has no unique index: nothing stops a row from arriving twice, and look-ups read the table"
            findings.append(self.finding(.warning, "legacy-not-unique", text, hint: hint))
        }
        if column.isNotNull, column.identity == nil, !column.hasDefault {
            let text = "\(legacy) is NOT NULL: the new application can't insert rows of its own"
            findings.append(
                self.finding(.warning, "legacy-not-null", text, hint: "ALTER COLUMN \(legacy) DROP NOT NULL")
            )
        }
        return findings
    }

    /// What speaks against the key.
    func findings(key facts: SourceFacts, types: TypeCatalog, needsOrder range: ClosedRange<Int64>?) -> [Finding] {
        let key = self.entity.key
        guard let column = facts.table.column(named: key) else {
            let columns = facts.table.columns.map(\.name).joined(separator: ", ")
            return [
                self.finding(
                    .error,
                    "missing-key",
                    "\(facts.table.sql) has no column \(key)",
                    hint: "name the key with `key:`; there are \(columns)"
                )
            ]
        }
        guard let type = facts.column(named: key) else {
            return [
                self.finding(
                    .error,
                    "missing-key",
                    "the query yields no column \(key)",
                    hint: "add it to the SELECT list"
                )
            ]
        }
        let own = types.base(of: column.type, modifier: -1)?.type.oid ?? column.type
        guard SourceProbe.integers.contains(type.oid), SourceProbe.integers.contains(own) else {
            let shape = types.shape(of: column.type, modifier: -1).description
            return [
                self.finding(
                    .error,
                    "key-type",
                    "the key \(key) is \(shape), not an integer",
                    hint: "name an integer column with `key:`"
                )
            ]
        }
        var findings: [Finding] = []
        if !facts.table.isUnique(key) {
            let text =
                "no unique index of \(facts.table.sql) has just the key \(key): it may repeat, and every shard reads the whole table"
            findings.append(self.finding(.warning, "key-not-unique", text, hint: "create one, or name another key"))
        }
        if facts.hasNullKeys {
            let text = "rows of \(facts.table.sql) have NULL in the key \(key); no shard would read them"
            findings.append(self.finding(.error, "null-keys", text, hint: "give them keys, or delete them"))
        }
        if let range, let keys = facts.keys, !range.contains(keys.lowerBound) || !range.contains(keys.upperBound) {
            let text = "keys reach from \(keys.lowerBound) to \(keys.upperBound), beyond the 48 bits of `ordered`"
            findings.append(self.finding(.error, "key-out-of-range", text, hint: "use `uuid: v5` for this entity"))
        }
        return findings
    }
}
