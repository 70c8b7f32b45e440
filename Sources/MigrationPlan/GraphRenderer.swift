/// Draws the dependencies of a plan, grouped by phase; arrows lead from parent to child, in the order of the run.
package enum GraphRenderer {
    /// A Mermaid flow chart; references filled in a second pass are dotted.
    package static func mermaid(_ graph: DependencyGraph) -> String {
        let numbers = Self.numbers(of: graph)
        var lines = ["flowchart LR"]
        for (index, phase) in graph.phases.enumerated() {
            lines.append("    subgraph p\(index)[\"\(Self.escaped(phase.label, quote: "#quot;"))\"]")
            for entity in phase.entities {
                lines.append("        e\(numbers[entity] ?? 0)[\"\(Self.escaped(entity, quote: "#quot;"))\"]")
            }
            lines.append("    end")
        }
        for arrow in Self.arrows(of: graph) {
            let line = arrow.isDeferred ? "-.->" : "-->"
            let label = Self.escaped(arrow.label, quote: "#quot;")
            lines.append("    e\(numbers[arrow.parent] ?? 0) \(line)|\"\(label)\"| e\(numbers[arrow.child] ?? 0)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A Graphviz digraph; references filled in a second pass are dashed.
    package static func dot(_ graph: DependencyGraph) -> String {
        var lines = ["digraph plan {", "    rankdir=LR;", "    node [shape=box];"]
        for (index, phase) in graph.phases.enumerated() {
            lines.append("    subgraph cluster_\(index) {")
            lines.append("        label=\(Self.quoted(phase.label));")
            for entity in phase.entities { lines.append("        \(Self.quoted(entity));") }
            lines.append("    }")
        }
        for arrow in Self.arrows(of: graph) {
            let style = arrow.isDeferred ? ", style=dashed, constraint=false" : ""
            let ends = "\(Self.quoted(arrow.parent)) -> \(Self.quoted(arrow.child))"
            lines.append("    \(ends) [label=\(Self.quoted(arrow.label))\(style)];")
        }
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func numbers(of graph: DependencyGraph) -> [String: Int] {
        Dictionary(graph.entities.enumerated().map { ($1, $0) }) { first, _ in first }
    }

    /// One arrow for each pair of entities, labelled with the columns between them.
    private static func arrows(of graph: DependencyGraph) -> [Arrow] {
        var arrows: [Arrow] = []
        for edge in graph.edges {
            let column = edge.column ?? "same UUID"
            let known = arrows.firstIndex {
                $0.parent == edge.parent && $0.child == edge.child && $0.isDeferred == edge.isDeferred
            }
            if let known {
                arrows[known].label += ", \(column)"
            } else {
                arrows.append(
                    Arrow(parent: edge.parent, child: edge.child, label: column, isDeferred: edge.isDeferred)
                )
            }
        }
        return arrows
    }

    private static func quoted(_ text: String) -> String {
        "\"\(Self.escaped(text, quote: "\\\""))\""
    }

    private static func escaped(_ text: String, quote: String) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "\"": escaped += quote
            case "\\" where quote == "\\\"": escaped += "\\\\"
            case _ where character.isNewline: escaped += " "
            default: escaped.append(character)
            }
        }
    }
}

extension GraphRenderer {
    private struct Arrow {
        var parent: String
        var child: String
        var label: String
        var isDeferred: Bool
    }
}
