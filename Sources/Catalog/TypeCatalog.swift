/// The types of one database.
struct TypeCatalog {
    private var types: [UInt32: CatalogType]
    private var builtIn: [String: UInt32]

    init(_ types: [CatalogType]) {
        self.types = Dictionary(types.map { ($0.oid, $0) }, uniquingKeysWith: { first, _ in first })
        self.builtIn = Dictionary(
            types.filter { $0.schema == "pg_catalog" }.map { ($0.name, $0.oid) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    subscript(oid: UInt32) -> CatalogType? { self.types[oid] }

    /// The OID of a built-in type, `int4` or `int4[]`.
    func oid(builtIn name: String) -> UInt32? {
        guard name.hasSuffix("[]") else { return self.builtIn[name] }
        return self.builtIn[String(name.dropLast(2))].flatMap { self.types[$0]?.array }
    }

    /// The type below all domains, with the modifier that holds for it.
    func base(of oid: UInt32, modifier: Int32) -> (type: CatalogType, modifier: Int32)? {
        guard let type = self.types[oid] else { return nil }
        guard case .domain(let base, let ownModifier, _) = type.kind else { return (type, modifier) }
        return self.base(of: base, modifier: modifier == -1 ? ownModifier : modifier)
    }

    /// Whether a domain on the way to the base type refuses NULL.
    func refusesNull(_ oid: UInt32) -> Bool {
        guard case .domain(let base, _, let isNotNull) = self.types[oid]?.kind else { return false }
        return isNotNull || self.refusesNull(base)
    }

    /// OID of an array's elements, domains over the array stripped.
    func element(of oid: UInt32) -> UInt32? {
        guard case .array(let element) = self.base(of: oid, modifier: -1)?.type.kind else { return nil }
        return element
    }

    /// The type as another database would understand it.
    func shape(of oid: UInt32, modifier: Int32) -> TypeShape {
        guard let (type, modifier) = self.base(of: oid, modifier: modifier) else { return .other("type \(oid)") }
        switch type.kind {
        case .array(let element):
            return .array(of: self.shape(of: element, modifier: modifier))
        case .enumeration(let labels):
            return .enumeration(labels: labels)
        case .composite(let fields):
            return .composite(
                fields.map { TypeShape.Field(name: $0.name, shape: self.shape(of: $0.type, modifier: $0.modifier)) }
            )
        case .range(let subtype) where type.schema != "pg_catalog":
            return .range(type.name, over: self.shape(of: subtype, modifier: -1))
        case .base where type.schema != "pg_catalog":
            return .foreign(type.name)
        case .base, .range:
            return .builtIn(type.name, modifier: modifier)
        case .other, .domain:
            return .other(type.name)
        }
    }
}
