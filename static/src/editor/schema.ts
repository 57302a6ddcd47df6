/** What a text may hold: the server's list, no more, under the same names. */

import type { Extensions } from "@tiptap/core";
import { Blockquote } from "@tiptap/extension-blockquote";
import { Bold } from "@tiptap/extension-bold";
import { Document } from "@tiptap/extension-document";
import { HardBreak } from "@tiptap/extension-hard-break";
import { Heading } from "@tiptap/extension-heading";
import { HorizontalRule } from "@tiptap/extension-horizontal-rule";
import { Italic } from "@tiptap/extension-italic";
import { BulletList, ListItem, ListKeymap, OrderedList } from "@tiptap/extension-list";
import { Paragraph } from "@tiptap/extension-paragraph";
import { Strike } from "@tiptap/extension-strike";
import { Table, TableCell, TableHeader, TableRow } from "@tiptap/extension-table";
import { Text } from "@tiptap/extension-text";
import { Gapcursor } from "@tiptap/extensions/gap-cursor";
import { Link } from "./link";
import { WordKeys } from "./shortcuts";

/** Merged cells have no Markdown: a pasted span is taken for one cell. */
const PLAIN_CELL = {
  colspan: { default: 1, parseHTML: () => 1, renderHTML: () => ({}) },
  rowspan: { default: 1, parseHTML: () => 1, renderHTML: () => ({}) },
};

const PlainCell = TableCell.extend({ content: "paragraph", addAttributes: () => PLAIN_CELL });
const PlainHeader = TableHeader.extend({ content: "paragraph", addAttributes: () => PLAIN_CELL });

const PlainTable = Table.extend({
  addNodeView: () => null,
  renderHTML: () => ["table", ["tbody", 0]],
});

const PlainOrderedList = OrderedList.extend({
  addAttributes() {
    return {
      start: {
        default: 1,
        parseHTML: (found: HTMLElement) => Math.max(0, Number.parseInt(found.getAttribute("start") ?? "1", 10) || 1),
      },
    };
  },
});

export const schema: Extensions = [
  Document,
  Paragraph,
  Text,
  Heading.configure({ levels: [1, 2, 3, 4] }),
  BulletList,
  PlainOrderedList,
  ListItem,
  ListKeymap,
  Blockquote,
  PlainTable,
  TableRow,
  PlainHeader,
  PlainCell,
  HardBreak,
  HorizontalRule,
  Bold,
  Italic,
  Strike,
  Link,
  Gapcursor,
  WordKeys,
];
