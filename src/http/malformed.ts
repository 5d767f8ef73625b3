import type { Socket } from 'node:net';

interface Answer {
  readonly status: string;
  readonly code: string;
  readonly message: string;
}

const BAD_REQUEST: Answer = { status: '400 Bad Request', code: 'BAD_REQUEST', message: 'This is no request of HTTP.' };

const OTHERS: Readonly<Record<string, Answer>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: '408 Request Timeout',
    code: 'REQUEST_TIMEOUT',
    message: 'The request did not come to its end in time.',
  },
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    code: 'HEADERS_TOO_LARGE',
    message: 'The headers are too large.',
  },
};

/** Answers bytes that never became a request, in the form of all our answers, and ends the connection. */
export function answerMalformed({ code = '' }: { readonly code?: string }, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const { status, ...error } = OTHERS[code] ?? BAD_REQUEST;
  const body = JSON.stringify({ error });
  const head = [`HTTP/1.1 ${status}`, 'Content-Type: application/json', `Content-Length: ${body.length}`];
  socket.end([...head, 'Connection: close', '', body].join('\r\n'));
}
