import RowPipeline

/// Which source type may become which target type, and where the conversion happens.
///
/// Binary COPY does not convert, so the source casts to the target's base type wherever that can neither fail nor lose
/// anything; what can fail is left to the row program, which names the row; what would lose something is refused, so
/// that the plan says it in SQL.
struct CastTable {
    /// The zone of the source's `timestamp` values.
    var timeZone: String?
    /// Whether texts that are too long are cut instead of rejected.
    var truncates: Bool

    /// How values of `source` become values of `target`.
    func crossing(from source: TypeShape, to target: TypeShape) -> Crossing {
        if let refusal = self.refusal(of: source, to: target) { return refusal }
        if self.isText(target) { return self.toText(source, target) }
        switch (source, target) {
        case (_, .enumeration(let labels)):
            return self.toEnumeration(source, labels)
        case (_, .builtIn("json", _)), (_, .builtIn("jsonb", _)):
            return self.toJSON(source, target)
        case (.builtIn(let from, let fromModifier), .builtIn(let to, let toModifier)):
            return self.builtIn(from, fromModifier, to, toModifier)
        case (.array(let from), .array(let to)):
            return self.array(from, to)
        case (.foreign(let from), .foreign(let to)) where from == to:
            return .copied(note: "\(from) is copied as it is; both databases must run compatible versions of it")
        case (.range(let from, let fromSubtype), .range(let to, let toSubtype))
        where from == to && fromSubtype == toSubtype && fromSubtype.isBuiltIn:
            return .copied()
        case (.composite(let from), .composite(let to)):
            let isSame = from.map(\.shape) == to.map(\.shape) && from.allSatisfy { $0.shape.isBuiltIn }
            return isSame ? .copied() : .refused("the composite types differ, or have fields of user-defined types")
        default:
            return self.explicit(source, target)
        }
    }

    func explicit(_ source: TypeShape, _ target: TypeShape) -> Crossing {
        if target == .builtIn("uuid", modifier: -1), self.isInteger(source) {
            return .refused(
                "an integer does not become a uuid by itself",
                hint: "write `{ ref: ENTITY, by: COLUMN }`, or `{ uuid: ENTITY, by: COLUMN }` if no row need exist"
            )
        }
        return .refused(
            "\(source.description) does not become \(target.description) without a decision",
            hint: "say how with `sql:`"
        )
    }

    /// Types whose values mean something only inside their own database, or whose form depends on a locale.
    private func refusal(of source: TypeShape, to target: TypeShape) -> Crossing? {
        for shape in [source, target] {
            guard case .builtIn(let name, _) = self.innermost(shape) else { continue }
            if Self.boundToTheirDatabase.contains(name) {
                if shape == source, self.isText(target), name.hasPrefix("reg") { continue }
                return .refused(
                    "\(name) values mean nothing in another database",
                    hint: "carry a name over with `sql:`"
                )
            }
            if name == "money" {
                return .refused(
                    "money depends on lc_monetary",
                    hint: "write `{ sql: \"COLUMN::numeric\" }` into numeric"
                )
            }
        }
        if case .other(let name) = source {
            return .refused("\(name) is no type that COPY sends", hint: "cast it with `sql:`")
        }
        return nil
    }

    private func innermost(_ shape: TypeShape) -> TypeShape {
        if case .array(let element) = shape { return self.innermost(element) }
        return shape
    }

    private static let boundToTheirDatabase: Set<String> = [
        "oid", "xid", "xid8", "cid", "tid", "aclitem", "int2vector", "oidvector", "pg_snapshot", "txid_snapshot",
        "regclass", "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator", "regproc",
        "regprocedure", "regrole", "regtype", "refcursor",
    ]
}
