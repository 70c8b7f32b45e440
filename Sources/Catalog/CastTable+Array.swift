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
        case .none: carriage.cast = .none
        case .to(let type) where type.contains("::"): return refusal
        case .to(let type): carriage.cast = .to(type + "[]")
        case .atTimeZone: return refusal
        }
        carriage.replacesElementType = !to.isBuiltIn
        return .carried(carriage)
    }
}
