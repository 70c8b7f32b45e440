/// A type as both databases understand it: by name and structure, never by OID, domains already stripped.
indirect enum TypeShape: Equatable, Sendable {
    /// A type of `pg_catalog` under its internal name (`int4`, `varchar`); ranges and multiranges included.
    case builtIn(String, modifier: Int32)
    /// Labels in order.
    case enumeration(labels: [String])
    /// A type that an extension or C code defines, under its bare name.
    case foreign(String)
    case composite([Field])
    /// A range or multirange that a user defined over the given subtype.
    case range(String, over: Self)
    case array(of: Self)
    /// Pseudo-types and whatever else cannot be a column's value.
    case other(String)

    struct Field: Equatable, Sendable {
        var name: String
        var shape: TypeShape
    }

    /// Whether values need no type of the user's own to be understood.
    var isBuiltIn: Bool {
        switch self {
        case .builtIn: true
        case .array(let element): element.isBuiltIn
        case .enumeration, .foreign, .composite, .range, .other: false
        }
    }

    /// How findings name it.
    var description: String {
        switch self {
        case .builtIn(let name, let modifier):
            switch TypeModifier(name, modifier) {
            case .none: name
            case .length(let length): "\(name)(\(length))"
            case .numeric(let precision, let scale): "numeric(\(precision),\(scale))"
            case .decimals(let decimals): "\(name)(\(decimals))"
            case .opaque: "\(name)(…)"
            }
        case .enumeration(let labels): "enum of \(labels.count) labels"
        case .foreign(let name), .other(let name): name
        case .composite: "composite type"
        case .range(let name, _): name
        case .array(let element): element.description + "[]"
        }
    }
}
