import RowPipeline

/// How values of a source type become values of a target type.
enum Crossing: Equatable, Sendable {
    case carried(Carriage)
    /// The text goes through the JSON check of the row program.
    case json
    /// The text is looked up among these labels of the target's enum.
    case labels([String])
    case refused(String, hint: String)
}

extension Crossing {
    /// The part inside the source, then the part inside the row program.
    struct Carriage: Equatable, Sendable {
        var cast: SourceCast
        var conversion: Conversion?
        /// The array header's element type must become the target's; the resolver knows its OID.
        var replacesElementType = false
        /// Worth telling the plan's author.
        var note: String?

        init(_ cast: SourceCast = .none, _ conversion: Conversion? = nil, note: String? = nil) {
            self.cast = cast
            self.conversion = conversion
            self.note = note
        }
    }

    static func copied(_ cast: SourceCast = .none, _ conversion: Conversion? = nil, note: String? = nil) -> Self {
        .carried(Carriage(cast, conversion, note: note))
    }

    static func refused(_ reason: String) -> Self {
        .refused(reason, hint: "say how with `sql:`")
    }
}

/// What the source's SELECT does to an expression.
enum SourceCast: Equatable, Sendable {
    case none
    /// To a built-in type under its internal name, with `[]` for arrays.
    case to(String)
    /// To the first type, then to the second.
    case through(String, to: String)
    /// A `timestamp` or `date` read as local time of that zone.
    case atTimeZone(String)

    /// The built-in type that comes out, nil for the expression's own.
    var type: String? {
        switch self {
        case .none: nil
        case .to(let type), .through(_, let type): type
        case .atTimeZone: "timestamptz"
        }
    }

    /// The expression with the cast around it.
    func applied(to expression: String) -> String {
        switch self {
        case .none: expression
        case .to(let type): "(\(expression))::pg_catalog.\(type)"
        case .through(let first, let type): "(\(expression))::pg_catalog.\(first)::pg_catalog.\(type)"
        case .atTimeZone(let zone):
            "((\(expression))::pg_catalog.timestamp AT TIME ZONE \(SQLText.literal(zone)))"
        }
    }
}
