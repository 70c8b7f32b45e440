import RowPipeline

extension CastTable {
    func isInteger(_ shape: TypeShape) -> Bool {
        guard case .builtIn(let name, _) = shape else { return false }
        return Self.integerBytes[name] != nil
    }

    static let integerBytes = ["int2": 2, "int4": 4, "int8": 8]
    /// Decimal digits of the largest value.
    private static let integerDigits = ["int2": 5, "int4": 10, "int8": 19]

    /// Both types are of `pg_catalog`, and the target is neither text nor JSON.
    func builtIn(_ from: String, _ fromModifier: Int32, _ to: String, _ toModifier: Int32) -> Crossing {
        let source = TypeShape.builtIn(from, modifier: fromModifier)
        let target = TypeShape.builtIn(to, modifier: toModifier)
        if self.isText(source), let crossing = self.fromText(to) { return crossing }
        switch (from, to) {
        case ("int2", "int4"), ("int2", "int8"), ("int4", "int8"): return .copied(.to(to))
        case ("int8", "int4"): return .copied(.none, .int8ToInt4)
        case ("int8", "int2"), ("int4", "int2"): return .copied(.to("int8"), .int8ToInt2)
        case ("bool", "int4"): return .copied(.to("int4"))
        case ("bool", "int2"), ("bool", "int8"): return .copied(.through("int4", to: to))
        case ("int2", "float4"), ("int2", "float8"), ("int4", "float8"), ("float4", "float8"): return .copied(.to(to))
        case ("date", "timestamptz"), ("timestamp", "timestamptz"): return self.toZonedTime(source, target)
        case ("date", "timestamp"), ("cidr", "inet"), ("macaddr", "macaddr8"): return .copied(.to(to))
        case (_, "numeric"): return self.toNumeric(source, target)
        case ("bit", "varbit"): return self.bits(source, target)
        case _ where from == to: return self.same(source, target)
        default: return self.explicit(source, target)
        }
    }

    private func fromText(_ to: String) -> Crossing? {
        switch to {
        case "int2", "int4", "int8": .copied(.to("text"), .textToInteger(bytes: Self.integerBytes[to] ?? 8))
        case "bool": .copied(.to("text"), .textToBool)
        case "uuid": .copied(.to("text"), .textToUUID)
        case "date": .copied(.to("text"), .textToDate)
        default: nil
        }
    }

    private func toZonedTime(_ source: TypeShape, _ target: TypeShape) -> Crossing {
        guard let timeZone = self.timeZone else {
            return .refused(
                "\(source.description) has no zone, timestamptz needs one",
                hint: "name the zone of the source's times: `source: { timezone: … }`"
            )
        }
        return .copied(.atTimeZone(timeZone), self.microseconds(source, target))
    }

    private func toNumeric(_ source: TypeShape, _ target: TypeShape) -> Crossing {
        guard case .builtIn(let from, let fromModifier) = source, case .builtIn(_, let toModifier) = target else {
            return self.explicit(source, target)
        }
        let cast: SourceCast
        switch from {
        case "int2", "int4", "int8": cast = .to("numeric")
        case "numeric": cast = .none
        default: return self.explicit(source, target)
        }
        guard case .numeric(let precision, let scale) = TypeModifier("numeric", toModifier) else {
            return .copied(cast)
        }
        if let digits = Self.integerDigits[from], scale >= 0, precision - scale >= digits { return .copied(cast) }
        if case .numeric(let given, let givenScale) = TypeModifier(from, fromModifier),
            givenScale <= scale, given - givenScale <= precision - scale
        {
            return .copied(cast)
        }
        return .copied(cast, .numeric(precision: precision, scale: scale))
    }

    /// The same type on both sides; only the modifiers may differ.
    private func same(_ source: TypeShape, _ target: TypeShape) -> Crossing {
        guard case .builtIn(let name, let given) = source, case .builtIn(_, let wanted) = target else {
            return self.explicit(source, target)
        }
        switch name {
        case "timestamp", "timestamptz", "time":
            return .copied(.none, self.microseconds(source, target))
        case "bit", "varbit":
            return self.bits(source, target)
        default:
            return wanted == -1 || wanted == given ? .copied() : self.explicit(source, target)
        }
    }

    private func bits(_ source: TypeShape, _ target: TypeShape) -> Crossing {
        guard case .builtIn(let from, let given) = source, case .builtIn(let to, let wanted) = target else {
            return self.explicit(source, target)
        }
        let fits = wanted == -1 || wanted == given || (to == "varbit" && given != -1 && given <= wanted)
        guard fits else { return self.explicit(source, target) }
        return from == to ? .copied() : .copied(.to(to))
    }

    private func microseconds(_ source: TypeShape, _ target: TypeShape) -> Conversion? {
        guard case .builtIn(let to, let wanted) = target, case .decimals(let decimals) = TypeModifier(to, wanted),
            decimals < 6
        else { return nil }
        guard case .builtIn(let from, let given) = source, from != "date" else { return nil }
        if case .decimals(let givenDecimals) = TypeModifier(from, given), givenDecimals <= decimals { return nil }
        return .microseconds(decimals: decimals)
    }
}
