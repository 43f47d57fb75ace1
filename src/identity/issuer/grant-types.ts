export const GRANT_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const GRANT_JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
export const GRANT_DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

/** Grant types that a pre-registered client can be given. */
export const GRANT_TYPES = ['authorization_code', 'refresh_token', 'client_credentials', GRANT_DEVICE, GRANT_EXCHANGE, GRANT_JWT_BEARER] as const;
