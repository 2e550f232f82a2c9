/** How much one question may take. */
export const MAX_STEPS = 60;
