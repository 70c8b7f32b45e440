import RowPipeline

extension CastTable {
    /// Arrays cross where their elements need nothing but a cast in the source.
    func array(_ from: TypeShape, _ to: TypeShape) -> Crossing {
        let refusal = Crossing.refused(
            "\(from.description)[] does not become \(to.description)[] element by element",
            hint: "convert the array with `sql:`"
        )
        switch self.crossing(from: from, to: to) {
        case .labels:
            var carriage = Crossing.Carriage(.to("text[]"), note: "the target's server checks the labels in the array")
            carriage.replacesElementType = true
            return .carried(carriage)
        case .carried(var element):
            if let conversion = element.conversion, case .text(maximumCharacters: _, truncates: false) = conversion {
                element.conversion = nil
                element.note = "the target's server checks the lengths in the array"
            }
            guard element.conversion == nil else { return refusal }
            return self.carried(element, to).map(Crossing.carried) ?? refusal
        case .json, .refused:
            return refusal
        }
    }

    private func carried(_ element: Crossing.Carriage, _ to: TypeShape) -> Crossing.Carriage? {
        var carriage = Crossing.Carriage(note: element.note)
        switch element.cast {
        case .none:
            // Free for a built-in element; for a domain over it the element's OID in the header becomes the base type's.
            if case .builtIn(let name, _) = to { carriage.cast = .to(name + "[]") }
        case .to(let type):
            carriage.cast = .to(type + "[]")
        case .through, .atTimeZone:
            return nil
        }
        carriage.replacesElementType = !to.isBuiltIn
        return carriage
    }
}
