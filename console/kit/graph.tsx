import { Background, Controls, Handle, Position, ReactFlow } from '@xyflow/react';
import type { Edge, Node, NodeProps } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { useMemo } from 'react';
import type { ReactNode } from 'react';
import { showHidden } from '../../src/domain/hidden.ts';
import { Text } from './text.tsx';

export interface GraphNode {
  readonly id: string;
  /** From the left: 0, 1, 2 … */
  readonly column: number;
  readonly title: string;
  readonly says?: string;
  readonly tone?: 'good' | 'bad' | 'held' | 'info' | 'neutral';
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly says?: string;
  readonly tone?: 'good' | 'bad' | 'held' | 'info' | 'neutral';
  /** How much goes there, for its width. */
  readonly weight?: number;
  /** Something moves along it now. */
  readonly live?: boolean;
}

const COLUMN_PX = 300;
const ROW_PX = 76;
const SAYS_MAX = 60;

/** Things and what goes between them, in columns from left to right. Give the same as a table or list beside it. */
export function Graph({ nodes, edges, label, onOpen, height = 420 }: {
  readonly nodes: readonly GraphNode[]; readonly edges: readonly GraphEdge[]; readonly label: string;
  readonly onOpen?: (id: string) => void; readonly height?: number;
}): ReactNode {
  const drawn = useMemo(() => ({ nodes: place(nodes), edges: edges.map(draw) }), [nodes, edges]);
  return (
    <div className="graph" style={{ height }} role="region" aria-label={label}>
      <ReactFlow nodes={drawn.nodes} edges={drawn.edges} nodeTypes={TYPES} fitView fitViewOptions={{ maxZoom: 1.1 }} minZoom={0.2}
        nodesDraggable={false} nodesConnectable={false} proOptions={{ hideAttribution: true }} preventScrolling={false} zoomOnScroll={false}
        onNodeClick={(_event, node) => onOpen?.(node.id)}>
        <Background gap={24} />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}

type Drawn = Node<{ readonly title: string; readonly says: string; readonly tone: string }, 'thing'>;

function place(nodes: readonly GraphNode[]): Drawn[] {
  const counts = new Map<number, number>();
  for (const { column } of nodes) counts.set(column, (counts.get(column) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  const used = new Map<number, number>();
  return nodes.map(({ id, column, title, says = '', tone = 'neutral' }) => {
    const row = used.get(column) ?? 0;
    used.set(column, row + 1);
    // Shorter columns stand in the middle.
    const top = ((most - (counts.get(column) ?? 0)) * ROW_PX) / 2;
    return { id, type: 'thing', position: { x: column * COLUMN_PX, y: top + row * ROW_PX }, data: { title, says, tone } };
  });
}

function draw({ from, to, says = '', tone = 'neutral', weight = 1, live = false }: GraphEdge): Edge {
  return {
    id: `${from}→${to}→${tone}`, source: from, target: to, label: showHidden(says.slice(0, SAYS_MAX)), animated: live, className: `edge edge-${tone}`,
    style: { strokeWidth: Math.min(7, 1 + Math.log2(1 + weight)) },
  };
}

function Thing({ data }: NodeProps<Drawn>): ReactNode {
  return (
    <div className={`node node-${data.tone}`}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <strong><Text value={data.title} max={60} line /></strong>
      {data.says !== '' && <small><Text value={data.says} max={80} line /></small>}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

const TYPES = { thing: Thing };
