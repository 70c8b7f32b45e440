extension CastTable {
    /// Arrays cross where their elements need nothing but a cast in the source.
    func array(_ from: TypeShape, _ to: TypeShape) -> Crossing {
        let refusal = Crossing.refused(
            "\(from.description)[] does not become \(to.description)[] element by element",
            hint: "convert the array with `sql:`"
        )
        guard case .carried(let element) = self.crossing(from: from, to: to), element.conversion == nil else {
            return refusal
        }
        var carriage = Crossing.Carriage(note: element.note)
        switch element.cast {
        case .none:
            // Free for a built-in element; for a domain over it the element's OID in the header becomes the base type's.
            if case .builtIn(let name, _) = to { carriage.cast = .to(name + "[]") }
        case .to(let type) where type.contains("::"): return refusal
        case .to(let type): carriage.cast = .to(type + "[]")
        case .atTimeZone: return refusal
        }
        carriage.replacesElementType = !to.isBuiltIn
        return .carried(carriage)
    }
}
