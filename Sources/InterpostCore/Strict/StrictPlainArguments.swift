// Arguments that are only values in a fixed order, strictly read and written, as the row of their verb says.

extension StrictReader {
    /// - Parameter optional: How many of the last ones may be missing.
    mutating func plainArguments(
        _ kinds: [PlainArgument.Kind], optional: Int
    ) throws(StrictRefusal) -> [PlainArgument] {
        var arguments: [PlainArgument] = []
        for (index, kind) in kinds.enumerated() {
            if index >= kinds.count - optional, isAtEnd { break }
            try space()
            arguments.append(try plainArgument(kind))
        }
        return arguments
    }

    private mutating func plainArgument(_ kind: PlainArgument.Kind) throws(StrictRefusal) -> PlainArgument {
        switch kind {
        case .word: .word(try keyword())
        case .count: .number(try number(from: 1))
        case .range: .set(SequenceSet(text: try numberRange()))
        case .set: .set(try sequenceSet())
        case .mailbox: .mailbox(try mailbox())
        case .user, .text: .text(try astring())
        case .quoted: .quoted(try quoted())
        }
    }
}

extension CommandText {
    mutating func plain(_ argument: PlainArgument) {
        switch argument {
        case .word(let word): self.word(word)
        case .number(let number): self.number(number)
        case .set(let set): self.set(set)
        case .mailbox(let name): mailbox(name)
        case .text(let text): astring(text)
        case .quoted(let text): string(text)
        }
    }
}
