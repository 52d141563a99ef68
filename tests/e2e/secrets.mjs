// They keep nobody out: everything is on loopback and made for one test.
export const PASSWORD = 'not-a-secret'
export const ADMIN_PASSWORD = 'not-a-secret-either'
export const JWT_SECRET = 'the-same-after-a-restart-of-the-pds'
