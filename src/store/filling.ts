/** Name of the counter that stands in a database while a backup is read into it; whoever opens it as a store takes it away. */
export const FILLING = 'filling';
