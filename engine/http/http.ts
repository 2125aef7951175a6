/** The network, as far as haos-build uses it: a port, so that tests can serve a directory instead. */
export interface Http {
  /** Starts a GET. Resolves with any status; rejects only when no answer came. */
  get(url: string, options?: HttpOptions): Promise<HttpResponse>
}

export interface HttpOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** `manual`: a redirect is the answer. Default: it is followed. */
  readonly redirect?: 'follow' | 'manual'
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: AsyncIterable<Uint8Array>
}
