import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createAnswers } from './api/ask.ts';
import { createConsoleRouter } from './app/router.tsx';
import { applyTheme } from './app/theme.ts';
import './kit/theme.css';
import './kit/kit.css';
import './app/frame.css';

applyTheme();
const router = createConsoleRouter(new URL(document.baseURI).pathname);
const root = document.querySelector('#console');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={createAnswers()}><RouterProvider router={router} /></QueryClientProvider>
    </StrictMode>,
  );
}
